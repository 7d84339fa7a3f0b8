# SPDX-License-Identifier: MIT
# A user's home on a host with systemd and nix:  switchback deploy .#laptop
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.home-manager.url = "github:nix-community/home-manager";
  inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";
  # This repository, around this example; elsewhere, where you have it. nix before 2.26 cannot follow such a path:
  # deploy with `-- --override-input switchback path:/where/it/is`.
  inputs.switchback.url = "path:../../..";
  inputs.switchback.inputs.nixpkgs.follows = "nixpkgs";

  outputs = { self, nixpkgs, home-manager, switchback }:
    let
      system = "x86_64-linux";
      inherit (switchback.lib.${system}) activate deployChecks;
    in
    {
      homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
        pkgs = nixpkgs.legacyPackages.${system};
        modules = [{
          home.username = "alice";
          home.homeDirectory = "/home/alice";
          home.stateVersion = "25.11";
          programs.git.enable = true;
        }];
      };

      deploy.nodes.laptop = {
        hostname = "laptop.example.org";
        # The activator runs the script as alice; to ask it for that, one must be root or of the group switchback.
        sshUser = "root";
        profiles.home = {
          user = "alice";
          path = activate.home-manager self.homeConfigurations.alice;
        };
      };

      checks.${system} = deployChecks self.deploy;
    };
}
