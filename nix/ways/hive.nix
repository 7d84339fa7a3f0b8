# SPDX-License-Identifier: MIT
# A colmena hive: its machines as colmena evaluates them, and their deployment.* as nodes.
{ names, networks, nixpkgs }:
let
  hive = builtins.head networks;
  meta = hive.meta or hive.network or { };
  left = import ./left.nix;
  packages = import ./nixpkgs.nix;
  options = import ./options.nix;

  shared = packages "meta.nixpkgs" (if meta.nixpkgs or null == null then nixpkgs else meta.nixpkgs);
  own = meta.nodeNixpkgs or { };
  pkgsOf = name: if own ? ${name} then packages "meta.nodeNixpkgs.${name}" own.${name} else shared;

  machines = import ./machines.nix {
    inherit names;
    configuration = { name, nodes }:
      let pkgs = pkgsOf name;
      in {
        evalConfig = pkgs.path + "/nixos/lib/eval-config.nix";
        arguments = {
          inherit (pkgs) system;
          modules = [
            ({ lib, ... }: {
              nixpkgs.overlays = lib.mkBefore pkgs.overlays;
              nixpkgs.config = lib.mkBefore pkgs.config;
            })
            options.colmena
            (hive.defaults or { })
          ] ++ (if builtins.isList hive.${name} then hive.${name} else [ hive.${name} ]);
          specialArgs = { inherit name nodes; } // meta.specialArgs or { } // meta.nodeSpecialArgs.${name} or { };
        };
      };
  };

  node = name:
    let inherit (machines.${name}.config) deployment system;
    in import ./node.nix {
      inherit name;
      toplevel = system.build.toplevel;
      deployed = deployment.targetHost != null;
      hostname = deployment.targetHost;
      user = deployment.targetUser;
      port = deployment.targetPort;
      escalation = deployment.privilegeEscalationCommand;
      remoteBuild = if deployment.buildOnTarget then true else null;
      inherit (deployment) sshOptions tags;
      left = left.keys deployment.keys ++ left.ofColmena deployment;
    };
in
{
  nodes = builtins.listToAttrs (map (name: { inherit name; value = node name; }) names);
  left = left.when (!meta.allowApplyAll or true) "meta.allowApplyAll" "name the nodes that you deploy"
    ++ left.when (meta.machinesFile or null != null) "meta.machinesFile"
    "switchback deploy … -- --builders @${toString meta.machinesFile or ""}"
    ++ left.unknown "meta" [
    "allowApplyAll" "description" "machinesFile" "name" "nixpkgs" "nodeNixpkgs" "nodeSpecialArgs" "specialArgs"
  ] meta;
}
