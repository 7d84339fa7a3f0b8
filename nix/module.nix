# SPDX-License-Identifier: MIT
# A NixOS host that can be deployed to: the activator, its socket, its generator, who may use it.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.switchback-activator;
in
{
  options.services.switchback-activator = {
    enable = lib.mkEnableOption "the activator of Switchback, so that closures can be deployed to this host";

    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package with the activator, its units and its generator.";
    };

    settings = lib.mkOption {
      default = { };
      description = "How this host is deployed to.";
      # No other option: one that is misspelt is an error.
      type = lib.types.submodule {
        options.members = lib.mkOption {
          type = lib.types.listOf lib.types.str;
          default = [ ];
          example = [ "deploy" ];
          description = ''
            Users who may deploy to this host beside root: members of the group switchback, which makes them as good as
            root.
          '';
        };
      };
    };
  };

  config = lib.mkIf cfg.enable {
    # For `ssh HOST switchback-activator bridge`.
    environment.systemPackages = [ cfg.package ];

    users.groups.switchback.members = cfg.settings.members;

    # The generator comes by this, too.
    systemd.packages = [ cfg.package ];
    systemd.tmpfiles.packages = [ cfg.package ];

    # NixOS does not look at the [Install] section of a package's unit.
    systemd.sockets.switchback-activator.wantedBy = [ "sockets.target" ];
    systemd.services.switchback-recover.wantedBy = [ "multi-user.target" ];

    systemd.services.switchback-activator = {
      # It may be running the very switch that would restart it. It changes over by itself when it has nothing to do.
      restartIfChanged = false;
      stopIfChanged = false;
      path = [ config.nix.package ];
    };
  };
}
