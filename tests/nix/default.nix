# SPDX-License-Identifier: MIT
# Tests of nix/ that are only evaluated: sets of sentences, each with an `expr` and what is `expected`; `throws` where
# it must not evaluate. `failed` is from those that fail to what they gave. `lib` is nixpkgs', or what stands in its
# place.
{ system ? builtins.currentSystem
, lib ? import ./nixpkgs/lib.nix
, suites ? [ ./activate.nix ./checks.nix ./module.nix ./package.nix ./units.nix ]
}:
let
  pkgs = import ./nixpkgs/pkgs.nix { inherit lib system; };
  shown = builtins.toJSON;
  inherit (builtins) attrNames concatLists deepSeq filter listToAttrs tryEval;

  result = test: tryEval (deepSeq test.expr test.expr);
  problem = test:
    let it = result test;
    in
    if test.throws or false then (if it.success then "does not throw, but gives ${shown it.value}" else null)
    else if !it.success then "throws"
    else if it.value == test.expected then null
    else "gives ${shown it.value}\n  and not ${shown test.expected}";

  problems = tests: map (name: { inherit name; value = problem tests.${name}; }) (attrNames tests);
  all = concatLists (map (suite: problems (import suite { inherit pkgs; })) suites);
in
{
  count = builtins.length all;
  failed = listToAttrs (filter (test: test.value != null) all);
}
