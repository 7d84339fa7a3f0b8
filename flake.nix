# SPDX-License-Identifier: MIT
{
  description = "Deploys Nix closures to systemd hosts: proven and confirmed, or not at all";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      forEach = nixpkgs.lib.genAttrs [ "aarch64-linux" "x86_64-linux" ];
      pkgsOf = system: nixpkgs.legacyPackages.${system};
      overlay = import ./nix/overlay.nix;
      module = import ./nix/module.nix;
    in
    {
      packages = forEach (system:
        let switchback = (pkgsOf system).callPackage ./nix/package.nix { };
        in { inherit switchback; default = switchback; });

      overlays = { switchback = overlay; default = overlay; };

      nixosModules = { switchback-activator = module; default = module; };

      # As deploy-rs has it: lib.SYSTEM.activate.nixos, lib.SYSTEM.deployChecks.
      lib = forEach (system: import ./nix/lib { pkgs = pkgsOf system; });

      devShells = forEach (system:
        let pkgs = pkgsOf system;
        in {
          default = pkgs.mkShell {
            inputsFrom = [ self.packages.${system}.switchback ];
            packages = [ pkgs.catch2_3 pkgs.clang-tools pkgs.gdb ];
          };
        });

      checks = forEach (system:
        let
          pkgs = pkgsOf system;
          tests = import ./tests/nix { inherit system; inherit (nixpkgs) lib; };
        in {
          package = self.packages.${system}.switchback;

          # Already evaluated when it is built.
          lib =
            if tests.failed == { } then pkgs.runCommand "switchback-nix-tests" { } "touch $out"
            else throw (builtins.toJSON tests.failed);

          # A booted NixOS host. It has not been run yet: see the file.
          nixos = import ./tests/nix/nixos.nix {
            inherit pkgs module;
            inherit (self.lib.${system}) activate;
          };
        });
    };
}
