# SPDX-License-Identifier: MIT
# The package and the overlay, with packages that are only names.
{ pkgs }:
let
  package = pkgs.callPackage ../../nix/package.nix { };
  overlaid = import ../../nix/overlay.nix (pkgs // overlaid) pkgs;
in
{
  "its version is the project's" = {
    expr = builtins.match ".*VERSION ${package.version} .*" (builtins.readFile ../../CMakeLists.txt);
    expected = [ ];
  };
  "the overlay has it" = { expr = overlaid.switchback.pname; expected = "switchback"; };
  "its tests are those that a build can run" = {
    expr = builtins.match ".*ctest --label-regex '\\^unit\\$' .*" package.checkPhase;
    expected = [ ];
  };
}
