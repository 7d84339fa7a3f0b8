# SPDX-License-Identifier: MIT
# From a colmena hive, a NixOps network or a morph network to our manifest. Gives `kind`, `deploy` (the manifest) and
# `left`, what could not be carried over; or, where the files are none of the three, `problem` alone. Each kind is read
# as its own tool reads it. Sources: colmena src/nix/hive/eval.nix, NixOps nix/eval-machine-info.nix, morph
# data/eval-machines.nix.
{ files
  # What is used where a network names no nixpkgs.
, nixpkgs ? <nixpkgs>
}:
let
  inherit (builtins) attrNames filter listToAttrs map;

  read = import ./read.nix files;
  kinds = {
    "colmena hive" = ./hive.nix;
    "NixOps network" = ./nixops.nix;
    "morph network" = ./morph.nix;
  };
  way = import kinds.${read.kind} { inherit nixpkgs; inherit (read) names networks; };

  # Where a node cannot be deployed to at all, it is not in the manifest.
  there = filter (name: way.nodes.${name}.deployed) read.names;
  of = each: listToAttrs (map (name: { inherit name; value = each way.nodes.${name}; }) there);
in
if read.problem != null then { inherit (read) problem; } else {
  inherit (read) kind;
  deploy = { user = "root"; nodes = of (node: node.manifest); };
  left = {
    network = way.left ++ builtins.concatMap (name: way.nodes.${name}.left)
      (filter (name: !way.nodes.${name}.deployed) read.names);
    nodes = of (node: node.left);
  };
}
