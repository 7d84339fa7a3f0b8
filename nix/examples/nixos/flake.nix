# SPDX-License-Identifier: MIT
# A NixOS host:  switchback deploy .#web
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
      nixosConfigurations.web = nixpkgs.lib.nixosSystem {
        inherit system;
        modules = [
          # The host needs the activator before it can be deployed to: switch to this once as you do today.
          switchback.nixosModules.default
          {
            services.switchback-activator.enable = true;
            services.openssh.enable = true;
            services.nginx.enable = true;
            networking.hostName = "web";
            # Your hardware-configuration.nix says this.
            fileSystems."/" = { device = "/dev/disk/by-label/nixos"; fsType = "ext4"; };
            boot.loader.systemd-boot.enable = true;
            system.stateVersion = "25.11";
          }
        ];
      };

      deploy.nodes.web = {
        hostname = "web.example.org";
        sshUser = "root";
        user = "root";
        gate.critical = [ "nginx.service" "sshd.service" ];
        profiles.system.path = activate.nixos self.nixosConfigurations.web;
      };

      checks.${system} = deployChecks self.deploy;
    };
}
