# SPDX-License-Identifier: MIT
# The machines of a network, evaluated as NixOS systems: by name, as `nodes` has them. `configuration` makes of a name
# and of the other machines what nixpkgs' nixos/lib/eval-config.nix takes, and which one that is.
{ names, configuration }:
let
  inherit (builtins) listToAttrs map;
  each = value: listToAttrs (map (name: { inherit name; value = value name; }) names);

  evaluated = more: name:
    let it = configuration { inherit name; nodes = unchecked; };
    in import it.evalConfig (it.arguments // { modules = it.arguments.modules ++ more; });

  # What the machines see of one another. Checked, two that refer to each other would never end.
  unchecked = each (evaluated [{ _module.check = false; }]);
in
each (evaluated [ ])
