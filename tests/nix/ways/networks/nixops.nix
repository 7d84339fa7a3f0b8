# SPDX-License-Identifier: MIT
# A NixOps network of our own writing, the part that says what runs; nixops-machines.nix says where.
{
  network = {
    description = "shop";
    nixpkgs = import ../other-nixpkgs { };
    enableRollback = true;
    storage.legacy = { };
    lock.noop = { };
  };

  require = [ ./nixops-machines.nix ];

  defaults = { name, ... }: {
    environment.etc.name = name;
    deployment.owners = [ "ops@example.org" ];
  };

  web = { nodes, ... }: {
    networking.extraHosts = "${nodes.db.config.networking.privateIPv4} db";
    deployment.keys.cert.keyFile = ./cert.pem;
    deployment.encryptedLinksTo = [ "db" ];
  };

  db = { config, resources, ... }: {
    environment.etc.password = config.deployment.keys.password.path;
    environment.etc.machines = toString (builtins.attrNames resources.machines);
    services.openssh.ports = [ 2200 ];
    deployment.keys.password.text = "secret";
    deployment.storeKeysOnMachine = true;
    deployment.autoLuks.secret.device = "/dev/sdb";
    deployment.autoRaid0.raid.devices = [ "/dev/sdc" ];
  };
}
