# SPDX-License-Identifier: MIT
# What is deployed of a NixOS system and of a home, and closures with a script.
{ pkgs }:
let
  inherit (import ../../nix/lib { inherit pkgs; }) activate;
  base = { name = "hello"; outPath = "/nothing/hello"; };
  attributes = closure: closure.drvAttrs;
in
{
  "a NixOS system is deployed as it is" = {
    expr = activate.nixos { config.system.build.toplevel = "/a/system"; };
    expected = "/a/system";
  };
  "a home is deployed as it is" = {
    expr = activate.home-manager { activationPackage = "/a/home"; };
    expected = "/a/home";
  };
  "a script is called what the activator looks for, and is a program" = {
    expr = (attributes (activate.custom base "true")).list;
    expected = "0 0555 switchback-activate\n";
  };
  "a closure with a script has what its base has, and its name" = {
    expr = { inherit (attributes (activate.custom base "true")) base name; };
    expected = { base = "/nothing/hello"; name = "activatable-hello"; };
  };
  "overrides are taken as deploy-rs takes them" = {
    expr = (attributes ((activate.custom // { dryActivate = "plan"; boot = "later"; }) base "now")).file0;
    expected = ''
      #!/bin/sh
      set -eu
      # Of bash; not every sh has it.
      if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi
      if [ "''${DRY_ACTIVATE:-}" = 1 ]; then
      plan
      elif [ "''${BOOT:-}" = 1 ]; then
      later
      else
      now
      fi
    '';
  };
  "noop does nothing in any way of running it" = {
    expr = builtins.filter (line: line == ":") (builtins.split "\n" (attributes (activate.noop base)).file0);
    expected = [ ":" ":" ":" ];
  };
  "a macOS host cannot be deployed to, and that is said" = { expr = activate.darwin { }; throws = true; };
}
