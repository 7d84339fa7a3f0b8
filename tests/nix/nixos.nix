# SPDX-License-Identifier: MIT
# A booted NixOS host, and a machine that pushes to it. IT HAS NOT BEEN RUN: it was written where neither nixpkgs nor
# KVM was to be had, and is only evaluated there, against a stand-in. What it asks is what the host tests ask of Debian.
{ pkgs, module, activate }:
let
  web = name: script: activate.units {
    inherit name;
    services.web = { inherit script; wantedBy = [ "multi-user.target" ]; };
  };
  good = web "web-good" "exec sleep infinity";
  bad = web "web-bad" "sleep 1; exit 7";
  keys = import "${pkgs.path}/nixos/tests/ssh-keys.nix" pkgs;
in
pkgs.testers.runNixOSTest {
  name = "switchback";

  nodes.host = { lib, ... }: {
    imports = [ module ];
    services.switchback-activator.enable = true;
    services.openssh.enable = true;
    users.users.root.openssh.authorizedKeys.keys = [ keys.snakeOilPublicKey ];
    virtualisation.writableStore = true;
    # Systems to switch to: one that is good, one whose service dies after the switch.
    specialisation.good.configuration.environment.etc.generation.text = "good";
    specialisation.bad.configuration.systemd.services.dies = {
      wantedBy = [ "multi-user.target" ];
      script = "sleep 2; exit 7";
    };
    environment.etc.generation.text = lib.mkDefault "first";
  };

  nodes.pusher = { nodes, ... }: {
    environment.systemPackages = [ nodes.host.services.switchback-activator.package ];
    nix.settings.experimental-features = [ "nix-command" "flakes" ];
    virtualisation.additionalPaths = [ good bad nodes.host.system.build.toplevel ];
    programs.ssh.extraConfig = ''
      Host host
        User root
        IdentityFile /root/key
        StrictHostKeyChecking no
    '';
  };

  testScript = { nodes, ... }:
    let
      system = nodes.host.system.build.toplevel;
      specialised = name: nodes.host.specialisation.${name}.configuration.system.build.toplevel;
      deploy = path: profile: "switchback deploy --host root@host --path ${path} --profile ${profile} --soak 5";
    in
    ''
      start_all()
      host.wait_for_unit("switchback-activator.socket")
      host.wait_for_unit("sshd.service")
      pusher.succeed("install -m 600 ${keys.snakeOilPrivateKey} /root/key")

      with subtest("the host is ready"):
          pusher.succeed("switchback check --host root@host")

      with subtest("units are committed, and a service that dies takes its generation back"):
          pusher.succeed("${deploy good "app"}")
          host.succeed("systemctl is-active web.service")
          status, _ = pusher.execute("${deploy bad "app"}")
          assert status == 3, f"ended with {status}"
          host.succeed("systemctl is-active web.service")
          host.succeed("test $(readlink -f /nix/var/nix/profiles/per-user/root/app) = ${good}")

      with subtest("a system is committed, the activator that did it goes on"):
          host.succeed("nix-env --profile /nix/var/nix/profiles/system --set ${system}")
          pusher.succeed("${deploy (specialised "good") "system"}")
          host.succeed("grep good /etc/generation")
          host.succeed("test $(readlink -f /nix/var/nix/profiles/system) = ${specialised "good"}")

      with subtest("a system whose service dies after the switch is taken back"):
          status, _ = pusher.execute("${deploy (specialised "bad") "system"}")
          assert status == 3, f"ended with {status}"
          host.succeed("test $(readlink -f /run/current-system) = ${specialised "good"}")

      with subtest("what was committed is what a reboot starts"):
          host.shutdown()
          host.start()
          host.wait_for_unit("web.service")
    '';
}
