# SPDX-License-Identifier: MIT
# What a flake's `deploy` is made with: closures (activate.*), and the checks of it. Takes nixpkgs' `pkgs`, or in its
# place the four things that are used of it, so that it works where there is no nixpkgs.
{ pkgs ? throw "switchback's lib needs `pkgs`, or each of `system`, `shell`, `tools` and `servicePath`"
  # What a closure is built on.
, system ? pkgs.stdenv.hostPlatform.system
  # Runs builds, and the scripts of services and activations on the host.
, shell ? pkgs.runtimeShell
  # What a build finds in its PATH: mkdir, cp, ln, chmod.
, tools ? [ pkgs.coreutils ]
  # What a service that has a `path` or a script finds in its PATH after that. Then comes the host's own.
, servicePath ? [ pkgs.coreutils pkgs.findutils pkgs.gnugrep pkgs.gnused ]
}:
let
  slips = import ./slips.nix;
  tree = import ./tree.nix { inherit system shell tools; };
  units = import ./units.nix { inherit shell servicePath slips tree; };
  scripts = import ./scripts.nix { inherit shell tree; };
in
{
  activate = scripts // {
    inherit units;

    # A NixOS system is deployed as it is: it needs no wrapper.
    nixos = host: host.config.system.build.toplevel;

    # So is what home-manager builds.
    home-manager = home: home.activationPackage;

    darwin = _: throw "switchback deploys to hosts with systemd: there is no activate.darwin";
  };

  deployChecks = import ./checks.nix { inherit slips tree; };
}
