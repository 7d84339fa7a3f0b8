# SPDX-License-Identifier: MIT
# A colmena hive of our own writing, with every option that is carried over, and those that are not.
{
  meta = {
    name = "shop";
    description = "A shop and what it needs";
    nixpkgs = import ../nixpkgs { };
    nodeNixpkgs.db = import ../nixpkgs { overlays = [ (_: _: { pin = "of db"; }) ]; };
    specialArgs.colour = "green";
    nodeSpecialArgs.db.colour = "blue";
    machinesFile = "/etc/nix/machines";
    allowApplyAll = false;
  };

  defaults = { name, colour, ... }: {
    environment.etc.name = name;
    environment.etc.colour = colour;
    deployment.tags = [ "all" ];
  };

  web = { nodes, lib, pkgs, ... }: {
    networking.extraHosts = "db is ${nodes.db.config.networking.hostName}";
    environment.etc.pin = pkgs.pin;
    deployment = {
      targetHost = "web.example.org";
      targetPort = 2222;
      targetUser = "deploy";
      tags = [ "front" ];
      privilegeEscalationCommand = [ "doas" "--" ];
      sshOptions = [ "-o" "ServerAliveInterval=5" ];
      allowLocalDeployment = true;
      keys.cert.keyCommand = [ "pass" "show" "cert" ];
    };
  };

  db = { nodes, pkgs, config, ... }: {
    networking.hostName = "db-1";
    environment.etc.peers = toString (builtins.attrNames nodes);
    environment.etc.pin = pkgs.pin;
    environment.etc.password = config.deployment.keys.password.path;
    deployment = {
      targetUser = null;
      buildOnTarget = true;
      replaceUnknownProfiles = false;
      privilegeEscalationCommand = [ "pkexec" ];
      keys.password = { text = "secret"; destDir = "/run/secrets"; };
    };
  };

  laptop.deployment.targetHost = null;
}
