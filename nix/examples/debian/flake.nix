# SPDX-License-Identifier: MIT
# Services of your own on a host with systemd and nix that is no NixOS:  switchback deploy .#web
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  # This repository, around this example; elsewhere, where you have it. nix before 2.26 cannot follow such a path:
  # deploy with `-- --override-input switchback path:/where/it/is`.
  inputs.switchback.url = "path:../../..";
  inputs.switchback.inputs.nixpkgs.follows = "nixpkgs";

  outputs = { self, nixpkgs, switchback }:
    let
      system = "x86_64-linux";
      inherit (switchback.lib.${system}) activate deployChecks;
    in
    {
      deploy.nodes.web = {
        hostname = "web.example.org";
        sshUser = "root";
        user = "root";
        gate.soak = 5;
        profiles.app.path = activate.units {
          name = "app";

          services.greeter = {
            description = "Greets";
            wantedBy = [ "multi-user.target" ];
            environment.GREETING = "hello";
            script = ''
              echo "$GREETING"
              exec sleep infinity
            '';
            serviceConfig = { DynamicUser = true; Restart = "on-failure"; };
          };

          services.tidy = {
            description = "Tidies up";
            startAt = "daily";
            script = "find /var/tmp -name 'greeter-*' -delete";
            serviceConfig.Type = "oneshot";
          };
        };
      };

      checks.${system} = deployChecks self.deploy;
    };
}
