# SPDX-License-Identifier: MIT
# bash completion for switchback(1)

_switchback_options() {
  local common='--host --local -f --file --hostname --ssh-user --ssh-opt --ssh-opts --json -v --verbose -q --quiet
    -h --help'
  local how='--test --test-for --dry-run --dry-activate --wait --force --allow-unrevertible --note
    --soak --gate-deadline --critical --ignore --expect-failed --flap-limit --strict --check --prefailing
    --confirm --confirm-timeout --activation-timeout --auto-rollback --magic-rollback'
  local place='--user --profile-user --profile-path'
  local boot='--boot --boot-within --reboot --reboot-timeout'
  case $1 in
    deploy)
      echo "$common $how $boot $place --targets --path --profile --kind --no-retry-rejected --bootstrap --activator
        --checks -s --skip-checks -i --interactive -k --keep-result -r --result-path --remote-build --fast-connection
        -c --checksigs --rollback-succeeded
        -d --debug-logs --temp-path --sudo --interactive-sudo --log-dir"
      ;;
    status | check) echo "$common --targets" ;;
    history) echo "$common --limit --plot" ;;
    import) echo '-o --output -h --help' ;;
    watch | confirm | cancel) echo "$common" ;;
    rollback) echo "$common $how $boot $place --profile --to" ;;
    remove) echo "$common $how --profile" ;;
    *) echo '-h --help --version' ;;
  esac
}

_switchback() {
  local verbs='deploy status history watch confirm cancel rollback remove check import'
  local word=${COMP_WORDS[COMP_CWORD]} before='' verb='' candidate
  [[ $COMP_CWORD -gt 0 ]] && before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  for candidate in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $candidate == -- ]] && return
    if [[ -z $verb && " $verbs " == *" $candidate "* ]]; then verb=$candidate; fi
  done
  case $before in
    --confirm) mapfile -t COMPREPLY < <(compgen -W 'auto manual none' -- "$word") ;;
    --prefailing) mapfile -t COMPREPLY < <(compgen -W 'fail tolerate' -- "$word") ;;
    --kind) mapfile -t COMPREPLY < <(compgen -W 'units nixos script' -- "$word") ;;
    --auto-rollback | --magic-rollback | --fast-connection | --rollback-succeeded | --interactive-sudo)
      mapfile -t COMPREPLY < <(compgen -W 'true false' -- "$word")
      ;;
    --host | --hostname)
      # Of the package bash-completion, where that is installed.
      if declare -F _known_hosts_real >/dev/null; then _known_hosts_real -a -- "$word"; fi
      ;;
    --path | --plot | --activator | --profile-path | -f | --file | -o | --output | -r | --result-path | --temp-path | \
      --log-dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    --ssh-user | --ssh-opt | --ssh-opts | --test-for | --boot-within | --reboot-timeout | --note | --soak | \
      --gate-deadline | --critical | --ignore | --expect-failed | --flap-limit | --check | --confirm-timeout | --activation-timeout | --user | --profile-user | \
      --profile | --sudo | --limit | --to) ;;
    *)
      if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_switchback_options "$verb")" -- "$word")
      elif [[ -z $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
      elif [[ $verb == import ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
      else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
      fi
      ;;
  esac
}

complete -F _switchback switchback
