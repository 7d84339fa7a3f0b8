# SPDX-License-Identifier: MIT
# In the place of NixOS's: a system of a few options. What they say is in files of it, so that a test sees it. With
# `standin.base` it is a copy of that system, a stand-in that can be switched to.
{ modules, specialArgs ? { }, system ? builtins.currentSystem }:
let
  lib = import ../../lib.nix;
  inherit (lib) mkOption types;
  free = mkOption { type = types.anything; default = { }; };
  base = { config, pkgs, ... }: {
    options = {
      networking.hostName = mkOption { type = types.str; default = "nixos"; };
      networking.extraHosts = mkOption { type = types.str; default = ""; };
      services.openssh.ports = mkOption { type = types.listOf types.int; default = [ 22 ]; };
      # By name, the text of a service that is wanted by multi-user.target.
      systemd.services = mkOption { type = types.attrsOf types.str; default = { }; };
      environment.etc = mkOption { type = types.attrsOf types.str; default = { }; };
      nixpkgs.system = mkOption { type = types.nullOr types.str; default = system; };
      nixpkgs.overlays = mkOption { type = types.listOf types.anything; default = [ ]; };
      nixpkgs.config = free;
      nixpkgs.pkgs = mkOption {
        type = types.anything;
        default = import ../.. { inherit (config.nixpkgs) overlays config; };
      };
      users = free;
      system.extraDependencies = mkOption { type = types.listOf types.anything; default = [ ]; };
      system.build.toplevel = mkOption { type = types.anything; };
      standin.base = mkOption { type = types.str; default = ""; };
    };
    config.system.build.toplevel = derivation {
      name = "nixos-system-${config.networking.hostName}";
      system = builtins.currentSystem;
      builder = "/bin/sh";
      PATH = "/usr/bin:/bin";
      base = if config.standin.base == "" then "" else builtins.storePath config.standin.base;
      inherit (config.system) extraDependencies;
      etc = builtins.toJSON config.environment.etc;
      hosts = config.networking.extraHosts;
      args = [ "-euc" ''
        if [ -n "$base" ]; then cp -r "$base" "$out"; chmod -R u+w "$out"; else mkdir -p "$out"; fi
        if [ -n "$base" ]; then find "$out" -type f -exec sed -i "s|$base|$out|g" {} +; fi
        units="$out/etc/systemd/system"
        mkdir -p "$units/multi-user.target.wants"
        printf %s "$etc" >"$out/etc/settings"
        printf %s "$hosts" >"$out/etc/more-hosts"
        ${builtins.concatStringsSep "\n" (map (name: ''
          cp ${builtins.toFile "unit" config.systemd.services.${name}} "$units/${name}.service"
          ln -sf ../${name}.service "$units/multi-user.target.wants/${name}.service"
        '') (builtins.attrNames config.systemd.services))}
      '' ];
    };
  };
  whole = lib.evalModules {
    modules = [ base ({ config, ... }: { _module.args.pkgs = config.nixpkgs.pkgs; }) ] ++ modules;
    inherit specialArgs;
  };
in
whole // { pkgs = whole.config.nixpkgs.pkgs; }
