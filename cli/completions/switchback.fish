# SPDX-License-Identifier: MIT
# fish completion for switchback(1)

set -l verbs deploy status history watch confirm cancel rollback remove check

# Whether one of the verbs given was typed; without any: whether a verb was.
function __switchback_on --inherit-variable verbs
    set -l wanted $argv
    test (count $wanted) -gt 0; or set wanted $verbs
    __fish_seen_subcommand_from $wanted
end

complete -c switchback -n "not __switchback_on" -f -a deploy -d "Build, copy, activate, watch, confirm"
complete -c switchback -n "not __switchback_on" -f -a status -d "What runs, what is pending, what failed"
complete -c switchback -n "not __switchback_on" -f -a history -d "What was activated, and how it ended"
complete -c switchback -n "not __switchback_on" -f -a watch -d "Join a running activation"
complete -c switchback -n "not __switchback_on" -f -a confirm -d "Confirm a running activation"
complete -c switchback -n "not __switchback_on" -f -a cancel -d "Cancel a running activation"
complete -c switchback -n "not __switchback_on" -f -a rollback -d "Go back to an earlier generation"
complete -c switchback -n "not __switchback_on" -f -a remove -d "Stop a profile's units and unregister it"
complete -c switchback -n "not __switchback_on" -f -a check -d "Is all there for a deployment?"
complete -c switchback -n "not __switchback_on" -f -l version -d "Version"
complete -c switchback -f -s h -l help -d "Help"

complete -c switchback -n "__switchback_on" -x -l host -a "(__fish_print_hostnames)" -d "Where to, as ssh takes it"
complete -c switchback -n "__switchback_on" -f -l local -d "This host, without ssh"
complete -c switchback -n "__switchback_on" -r -s f -l file -d "The manifest, where it is no flake"
complete -c switchback -n "__switchback_on" -x -l hostname -a "(__fish_print_hostnames)" -d "Where the node is"
complete -c switchback -n "__switchback_on" -x -l ssh-user -d "Who logs in"
complete -c switchback -n "__switchback_on" -x -l ssh-opt -d "One word for ssh"
complete -c switchback -n "__switchback_on" -x -l ssh-opts -d "Words for ssh"
complete -c switchback -n "__switchback_on" -f -l json -d "One JSON document a line"
complete -c switchback -n "__switchback_on" -f -s v -l verbose -d "Say more"
complete -c switchback -n "__switchback_on" -f -s q -l quiet -d "Say only the result"

complete -c switchback -n "__switchback_on deploy status check" -x -l targets -d "More of them"
complete -c switchback -n "__switchback_on history" -x -l limit -d "How many are listed"
complete -c switchback -n "__switchback_on history" -r -l plot -d "A picture of one, as SVG"

complete -c switchback -n "__switchback_on deploy rollback remove" -f -l test -d "Keep it for a while, commit nothing"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l test-for -d "How long a test is kept"
complete -c switchback -n "__switchback_on deploy rollback remove" -f -l dry-run -d "Say what would be done"
complete -c switchback -n "__switchback_on deploy rollback remove" -f -l dry-activate -d "Say what would be done"
complete -c switchback -n "__switchback_on deploy rollback remove" -f -l wait -d "While another holds the host"
complete -c switchback -n "__switchback_on deploy rollback remove" -f -l force -d "Also when the host runs something else"
complete -c switchback -n "__switchback_on deploy rollback remove" -f -l allow-unrevertible -d "Also with no way back"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l note -d "Shown to others"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l soak -d "How long all must stay healthy"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l gate-deadline -d "By when it must have"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l critical -d "Units that must be healthy"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l ignore -d "Units that are not judged"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l expect-failed -d "Units that may fail"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l flap-limit -d "Restarts that make a unit unhealthy"
complete -c switchback -n "__switchback_on deploy rollback remove" -f -l strict -d "Any unit that newly fails counts"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l check -d "What must answer"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l prefailing -a "fail tolerate" -d "A check that failed before"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l confirm -a "auto manual none" -d "How it is confirmed"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l confirm-timeout -d "By when it must be"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l activation-timeout -d "For the switch"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l auto-rollback -a "true false" -d "Revert what is bad"
complete -c switchback -n "__switchback_on deploy rollback remove" -x -l magic-rollback -a "true false" -d "Ask to confirm"

complete -c switchback -n "__switchback_on deploy rollback remove" -x -l profile -d "Which profile"
complete -c switchback -n "__switchback_on deploy rollback" -x -l user -d "Whose profile it is"
complete -c switchback -n "__switchback_on deploy rollback" -x -l profile-user -d "Whose profile it is"
complete -c switchback -n "__switchback_on deploy rollback" -r -l profile-path -d "Where the profile is"
complete -c switchback -n "__switchback_on rollback" -x -l to -d "Which generation"

complete -c switchback -n "__switchback_on deploy" -r -l path -d "What to run"
complete -c switchback -n "__switchback_on deploy" -x -l kind -a "units nixos script" -d "What the closure is"
complete -c switchback -n "__switchback_on deploy" -f -l no-retry-rejected -d "Not if it was reverted last time"
complete -c switchback -n "__switchback_on deploy rollback" -f -l boot -d "NixOS: the next boot runs it, and is the trial"
complete -c switchback -n "__switchback_on deploy rollback" -x -l boot-within -d "By when it must be booted"
complete -c switchback -n "__switchback_on deploy rollback" -f -l reboot -d "Reboot the host: at once, or if need be"
complete -c switchback -n "__switchback_on deploy rollback" -x -l reboot-timeout -d "By when it must be back"
complete -c switchback -n "__switchback_on deploy" -f -l checks -d "Run the flake's checks first"
complete -c switchback -n "__switchback_on deploy" -f -s s -l skip-checks -d "Do not run them"
complete -c switchback -n "__switchback_on deploy" -f -s i -l interactive -d "Show what is deployed, and ask"
complete -c switchback -n "__switchback_on deploy" -f -s k -l keep-result -d "Keep links to what was built"
complete -c switchback -n "__switchback_on deploy" -r -s r -l result-path -d "Where to"
complete -c switchback -n "__switchback_on deploy" -f -l remote-build -d "Build on the host"
complete -c switchback -n "__switchback_on deploy" -x -l fast-connection -a "true false" -d "The host downloads nothing"
complete -c switchback -n "__switchback_on deploy" -f -s c -l checksigs -d "The host checks signatures"
complete -c switchback -n "__switchback_on deploy" -x -l rollback-succeeded -a "true false" -d "Roll back nodes done before"
complete -c switchback -n "__switchback_on deploy" -f -s d -l debug-logs -d "As -v"
complete -c switchback -n "__switchback_on deploy" -r -l temp-path -d "Without effect"
complete -c switchback -n "__switchback_on deploy" -x -l sudo -d "Without effect"
complete -c switchback -n "__switchback_on deploy" -x -l interactive-sudo -a "true false" -d "Without effect"
complete -c switchback -n "__switchback_on deploy" -r -l log-dir -d "Without effect"
