# SPDX-License-Identifier: MIT
arguments: import ../../../nixpkgs/nixos/lib/eval-config.nix
  (arguments // { modules = arguments.modules ++ [{ environment.etc.pin = "the other nixpkgs"; }]; })
