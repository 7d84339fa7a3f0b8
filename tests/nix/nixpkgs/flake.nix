# SPDX-License-Identifier: MIT
# In the place of nixpkgs, where there is no network: as much of it as our flake, our module and our examples use.
# What is built with it is built with the programs of the machine.
{
  outputs = { self }:
    let
      lib = import ./lib.nix;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "aarch64-linux" "x86_64-linux" ]
        (system: import ./pkgs.nix { inherit lib system; });
    };
}
