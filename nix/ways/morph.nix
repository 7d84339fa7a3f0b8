# SPDX-License-Identifier: MIT
# A morph network: its machines as morph evaluates them, and their deployment.* as nodes. Its health checks become the
# gate's.
{ names, networks, nixpkgs }:
let
  inherit (builtins) concatMap concatStringsSep head length;
  file = head networks;
  network = file.network or { };
  left = import ./left.nix;
  options = import ./options.nix;

  pkgs = network.pkgs or { };

  machines = import ./machines.nix {
    inherit names;
    configuration = { name, nodes }: {
      evalConfig = network.evalConfig or ((pkgs.path or nixpkgs) + "/nixos/lib/eval-config.nix");
      arguments = {
        specialArgs = network.specialArgs or { };
        system = null;
        modules = [
          { imports = [ file.${name} ]; inherit (file) _file; }
          (file.defaults or { })
          options.morph
          ({ config, lib, pkgs, ... }: {
            networking.hostName = lib.mkDefault name;
            deployment.targetHost = lib.mkDefault name;
            nixpkgs.pkgs = lib.mkIf (network ? pkgs) (lib.mkDefault network.pkgs);
            _module.args = { inherit name nodes; };
            # As morph has it, so that what the checks run is on the host.
            system.extraDependencies = [
              (pkgs.writeText "healthcheck-commands.txt" (concatStringsSep "\n" (concatMap wordsOf
                (config.deployment.preDeployChecks.cmd ++ config.deployment.healthChecks.cmd))))
            ];
          })
        ];
      };
    };
  };

  wordsOf = check: if check.cmd == null then [ ] else check.cmd;

  node = name:
    let
      inherit (machines.${name}) config;
      inherit (config) deployment;
      user = if deployment.targetUser == "" then null else deployment.targetUser;
      hostname = if deployment.targetHost == "" then name else deployment.targetHost;
      before = deployment.preDeployChecks;
    in
    import ./node.nix {
      inherit hostname name user;
      toplevel = config.system.build.toplevel;
      deployed = !deployment.buildOnly;
      port = deployment.targetPort;
      fastConnection = !deployment.substituteOnDestination;
      inherit (deployment) tags;
      checks = import ./checks.nix { inherit hostname user; inherit (deployment) healthChecks; };
      left = left.when deployment.buildOnly "the whole node (deployment.buildOnly)" "nix build; it is not deployed to"
        ++ left.secret deployment.secrets
        ++ map (check: left.entry "deployment.preDeployChecks (${check.description})"
          "run it before switchback deploy; a check of the gate is asked before the switch, too") (before.cmd ++ before.http);
    };
in
{
  nodes = builtins.listToAttrs (map (name: { inherit name; value = node name; }) names);
  left = left.when (network ? ordering) "network.ordering" "nodes are deployed to in the order in which they are named"
    ++ left.named "network.nixConfig" "switchback deploy … -- --option NAME VALUE" (network.nixConfig or { })
    ++ left.when (network.buildShell or null != null) "network.buildShell" "run switchback in that shell"
    ++ left.unknown "network" [
    "buildShell" "description" "evalConfig" "lib" "nixConfig" "ordering" "pkgs" "runCommand" "specialArgs"
  ] network;
}
