# SPDX-License-Identifier: MIT
# What the networks in networks/ come to: every option of theirs is in the manifest, or in the list of what is not.
# Not among the tests of a flake: networks are evaluated as their tools do, which is not pure.
{ pkgs }:
let
  ways = files: import ../../../nix/ways { inherit files; };
  hive = ways [ ./networks/hive.nix ];
  nixops = ways [ ./networks/nixops.nix ];
  morph = ways [ ./networks/morph.nix ];

  # In which order modules come in a list is nixpkgs' affair.
  sorted = node: node // (if node ? tags then { tags = builtins.sort builtins.lessThan node.tags; } else { });
  node = way: name: sorted (removeAttrs way.deploy.nodes.${name} [ "profiles" ]);
  etc = way: name: builtins.fromJSON way.deploy.nodes.${name}.profiles.system.path.etc;
  hosts = way: name: way.deploy.nodes.${name}.profiles.system.path.hosts;
  left = way: name: map (it: it.what) (if name == null then way.left.network else way.left.nodes.${name});
  insteadOf = way: map (it: it.instead) (way.left.network ++ builtins.concatLists (builtins.attrValues way.left.nodes));
  curl = [ "curl" "--fail" "--silent" "--show-error" "--location" "--output" "/dev/null" ];
in
{
  "each is known for what it is" = {
    expr = map (way: way.kind) [ hive nixops morph ];
    expected = [ "colmena hive" "NixOps network" "morph network" ];
  };
  "systems belong to root" = {
    expr = map (way: way.deploy.user) [ hive nixops morph ];
    expected = [ "root" "root" "root" ];
  };
  "something takes the place of everything that is left" = {
    expr = builtins.all (text: text != "") (builtins.concatMap insteadOf [ hive nixops morph ]);
    expected = true;
  };

  "colmena: where, on which port, as whom, with which tags and words for ssh, and how root is become" = {
    expr = node hive "web";
    expected = {
      hostname = "web.example.org";
      sshUser = "deploy";
      sshOpts = [ "-p" "2222" "-o" "ServerAliveInterval=5" ];
      tags = [ "all" "front" ];
      sudo = "doas -u";
    };
  };
  "colmena: what nothing is said about is as colmena has it, and null leaves the user to ssh" = {
    expr = node hive "db";
    expected = { hostname = "db"; remoteBuild = true; tags = [ "all" ]; };
  };
  "colmena: a machine has its name, its own arguments and its own nixpkgs" = {
    expr = removeAttrs (etc hive "db") [ "password" ];
    expected = { name = "db"; colour = "blue"; pin = "of db"; peers = "db laptop web"; };
  };
  "colmena: another has those of the hive, and knows its neighbours" = {
    expr = [ (etc hive "web") (hosts hive "web") ];
    expected = [ { name = "web"; colour = "green"; pin = "usual"; } "db is db-1" ];
  };
  "colmena: modules may ask where a key would be" = {
    expr = (etc hive "db").password;
    expected = "/run/secrets/password";
  };
  "colmena: a machine that only itself deploys is no node" = {
    expr = builtins.attrNames hive.deploy.nodes;
    expected = [ "db" "web" ];
  };
  "colmena: what is left of the hive" = {
    expr = left hive null;
    expected = [ "meta.allowApplyAll" "meta.machinesFile" "laptop: the whole node (deployment.targetHost is null)" ];
  };
  "colmena: what is left of machines" = {
    expr = left hive "web" ++ left hive "db";
    expected = [
      "web: deployment.keys.cert"
      "web: deployment.allowLocalDeployment"
      "db: deployment.keys.password"
      "db: deployment.replaceUnknownProfiles"
      "db: deployment.privilegeEscalationCommand (pkexec)"
    ];
  };

  "colmena: a hive may be called a network" = {
    expr =
      let way = ways [ ./networks/hive-as-network.nix ];
      in [ way.kind (node way "web") ];
    expected = [
      "NixOps network"
      { hostname = "web"; sshUser = "root"; tags = [ "front" ]; remoteBuild = true; }
    ];
  };

  "NixOps: what one file says and what another says come together" = {
    expr = node nixops "web";
    expected = {
      hostname = "web";
      sshUser = "deploy";
      sshOpts = [ "-p" "2222" ];
      fastConnection = true;
      sudo = "doas -n -u";
    };
  };
  "NixOps: the port is sshd's where nothing else is said" = {
    expr = node nixops "db";
    expected = { hostname = "db.example.org"; sshOpts = [ "-p" "2200" "-o" "User=admin" ]; };
  };
  "NixOps: a machine has its name, the network's nixpkgs, its neighbours and resources" = {
    expr = [ (etc nixops "web") (hosts nixops "web") (etc nixops "db") ];
    expected = [
      { name = "web"; pin = "the other nixpkgs"; }
      "10.0.0.2 db"
      { name = "db"; pin = "the other nixpkgs"; password = "/run/keys/password"; machines = "db web"; }
    ];
  };
  "NixOps: what is left of the network" = {
    expr = left nixops null;
    expected = [
      "resources.autoScalingGroups.front"
      "resources.ec2KeyPairs.shop"
      "network.enableRollback"
      "network.storage"
      "network.lock"
    ];
  };
  "NixOps: what is left of machines" = {
    expr = left nixops "web" ++ left nixops "db";
    expected = [
      "web: deployment.targetEnv (ec2)"
      "web: its address"
      "web: deployment.ec2"
      "web: the ssh key that NixOps made (deployment.provisionSSHKey)"
      "web: deployment.keys.cert"
      "web: deployment.encryptedLinksTo db"
      "web: deployment.owners ops@example.org"
      "db: deployment.keys.password"
      "db: deployment.storeKeysOnMachine"
      "db: deployment.autoLuks.secret"
      "db: deployment.autoRaid0.raid"
      "db: deployment.owners ops@example.org"
    ];
  };

  "morph: where, as whom and how, and what it substitutes there" = {
    expr = removeAttrs (node morph "web.example.org") [ "gate" ];
    expected = {
      hostname = "web.example.org";
      sshUser = "deploy";
      sshOpts = [ "-p" "2222" ];
      tags = [ "all" "web" ];
      fastConnection = false;
    };
  };
  "morph: what nothing is said about is as morph has it" = {
    expr = node morph "db";
    expected = { hostname = "db.internal"; tags = [ "all" ]; fastConnection = true; };
  };
  "morph: a machine has its name, its arguments, the network's nixpkgs and its neighbours" = {
    expr = [ (etc morph "web.example.org") (hosts morph "web.example.org") ];
    expected = [ { name = "web.example.org"; colour = "green"; pin = "of the network"; } "db is db" ];
  };
  "morph: a health check over http is asked by the pusher, as morph asks it" = {
    expr = map (name: (node morph "web.example.org").gate.checks.${name}) [ "front page" "front page 2" ];
    expected = [
      {
        type = "exec";
        side = "pusher";
        command = curl ++ [ "--header" "Host: shop" "http://web.example.org:80/healthz" ];
        interval = 1;
        timeout = 3;
      }
      {
        type = "exec";
        side = "pusher";
        command = curl ++ [ "--insecure" "https://other.example.org:443/" ];
        interval = 2;
        timeout = 20;
      }
    ];
  };
  "morph: a health check by a command is asked by the host, with a shell, as who logs in" = {
    expr = (node morph "web.example.org").gate.checks."has a table";
    expected = {
      type = "exec";
      user = "deploy";
      command = [ "/bin/sh" "-c" "psql -c 'select 1'" ];
      interval = 2;
      timeout = 5;
    };
  };
  "morph: what is only built is no node, and what else is left" = {
    expr = left morph null ++ left morph "web.example.org";
    expected = [
      "network.ordering"
      "network.nixConfig.cores"
      "image: the whole node (deployment.buildOnly)"
      "web.example.org: deployment.secrets.cert"
      "web.example.org: deployment.preDeployChecks (not at night)"
    ];
  };
}
