# SPDX-License-Identifier: MIT
# A NixOps network, of one file or several: its machines as NixOps 2 evaluates them, and their deployment.* as nodes.
# What NixOps keeps in its state (addresses, keys that it made) nobody but NixOps knows.
{ names, networks, nixpkgs }:
let
  inherit (builtins) attrNames catAttrs concatMap concatStringsSep elem filter foldl' head;
  left = import ./left.nix;
  options = import ./options.nix;
  environments = import ./environments.nix;

  network = foldl' (a: b: a // b) { } (catAttrs "network" networks);
  pkgs = import ./nixpkgs.nix "network.nixpkgs" (network.nixpkgs or nixpkgs);
  # By type and name: what is defined, without what NixOps would find out.
  resources = foldl' (a: b: a // builtins.mapAttrs (type: set: a.${type} or { } // set) b) { }
    (catAttrs "resources" networks);

  machines = import ./machines.nix {
    inherit names;
    configuration = { name, nodes }: {
      evalConfig = pkgs.path + "/nixos/lib/eval-config.nix";
      arguments.modules =
        concatMap (file: if file ? ${name} then [{ imports = [ file.${name} ]; inherit (file) _file; }] else [ ]) networks
        ++ catAttrs "defaults" networks
        ++ [
          options.nixops
          ({ lib, ... }: {
            networking.hostName = lib.mkOverride 900 name;
            deployment.targetHost = lib.mkOverride 900 name;
            nixpkgs.system = lib.mkDefault builtins.currentSystem;
            _module.args = {
              inherit name nodes;
              resources = resources // { machines = builtins.mapAttrs (_: it: it.config) nodes; };
              uuid = "";
              deploymentName = network.description or "";
            };
          })
        ];
    };
  };

  # Where NixOps takes the port from sshd's.
  portOf = config: port:
    let ports = config.services.openssh.ports or [ ];
    in if port != null then port else if ports == [ ] || head ports == 22 then null else head ports;

  node = name:
    let
      inherit (machines.${name}) config;
      inherit (config) deployment;
      elsewhere = deployment.targetEnv != "none";
    in
    import ./node.nix {
      inherit name;
      toplevel = config.system.build.toplevel;
      deployed = deployment.targetHost != null;
      hostname = deployment.targetHost;
      user = deployment.targetUser;
      port = portOf config deployment.targetPort;
      escalation = deployment.privilegeEscalationCommand;
      fastConnection = if deployment.hasFastConnection then true else null;
      remoteBuild = if deployment.buildOnTarget then true else null;
      inherit (deployment) sshOptions tags;
      left = (if elsewhere then [
        (left.made "deployment.targetEnv (${deployment.targetEnv})")
        (left.entry "its address" "it is in NixOps's state: put it into deployment.targetHost, which is ${toString deployment.targetHost}")
      ] else [ ])
      ++ concatMap (name: left.when (deployment.${name} != { }) "deployment.${name}"
        "settings of a machine that an infrastructure tool makes") environments
      ++ left.when deployment.provisionSSHKey "the ssh key that NixOps made (deployment.provisionSSHKey)"
        "put a key of yours into users.users.root.openssh.authorizedKeys.keys; get this one out with nixops export before NixOps's state goes"
      ++ left.keys deployment.keys
      ++ left.ofColmena deployment
      ++ left.when deployment.storeKeysOnMachine "deployment.storeKeysOnMachine" "sops-nix or agenix keep secrets encrypted on the host"
      ++ left.named "deployment.autoLuks" "boot.initrd.luks.devices, with a key that sops-nix or agenix brings" deployment.autoLuks
      ++ left.named "deployment.autoRaid0" "disko, or boot.swraid" deployment.autoRaid0
      ++ map (peer: left.entry "deployment.encryptedLinksTo ${peer}" "networking.wireguard") deployment.encryptedLinksTo
      ++ map (owner: left.entry "deployment.owners ${owner}" "switchback sends no mail; switchback history tells who deployed") deployment.owners;
    };
in
{
  nodes = builtins.listToAttrs (map (name: { inherit name; value = node name; }) names);
  left = concatMap (type: map (name: left.made "resources.${type}.${name}") (attrNames resources.${type}))
    (attrNames resources)
    ++ left.when (network.enableRollback or false) "network.enableRollback"
    "each host keeps its generations and its history: switchback rollback"
    ++ left.when (network ? storage) "network.storage" "there is no state to keep"
    ++ left.when (network ? lock) "network.lock" "the host holds a lock while it is deployed to"
    ++ left.unknown "network" [ "description" "enableRollback" "lock" "nixpkgs" "storage" ] network;
}
