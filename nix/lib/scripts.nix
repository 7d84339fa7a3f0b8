# SPDX-License-Identifier: MIT
# Closures that are activated by a script, with deploy-rs's contract: the script finds the profile in PROFILE and as its
# working directory, and ends with 0. What it is called is what the activator looks for; nothing of ours is in it.
{ shell, tree }:
let
  clause = text: if text == "" then ":" else text;

  script = { dryActivate, boot, activate }: ''
    #!${shell}
    set -eu
    # Of bash; not every sh has it.
    if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi
    if [ "''${DRY_ACTIVATE:-}" = 1 ]; then
    ${clause dryActivate}
    elif [ "''${BOOT:-}" = 1 ]; then
    ${clause boot}
    else
    ${clause activate}
    fi
  '';

  # What stands in the place of a script that is not given.
  told = what: ''echo "$PROFILE/switchback-activate ${what}"'';

  custom = {
    __functor = self: base: activate: tree.files "activatable-${base.name or "closure"}" {
      inherit base;
      files.switchback-activate.program = script {
        inherit activate;
        dryActivate = self.dryActivate or (told "would be run");
        boot = self.boot or (told "is not run for the next boot");
      };
    };
  };
in
{
  # `custom BASE SCRIPT`, or `(custom // { dryActivate = SCRIPT; boot = SCRIPT; }) BASE SCRIPT`. BASE is a directory;
  # the closure has what is in it, and the script.
  inherit custom;

  # Only moves the profile.
  noop = base: (custom // { dryActivate = ""; boot = ""; }) base "";
}
