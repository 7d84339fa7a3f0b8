# SPDX-License-Identifier: MIT
# The NixOS module, on the options of NixOS that it touches.
{ pkgs }:
let
  inherit (pkgs) lib;
  inherit (lib) mkOption types;
  strings = mkOption { type = types.listOf types.str; default = [ ]; };
  packages = mkOption { type = types.listOf types.package; default = [ ]; };
  flag = mkOption { type = types.bool; default = true; };
  sets = options: mkOption { type = types.attrsOf (types.submodule { inherit options; }); default = { }; };
  host.options = {
    environment.systemPackages = packages;
    nix.package = mkOption { type = types.package; };
    systemd.packages = packages;
    systemd.services = sets { path = packages; restartIfChanged = flag; stopIfChanged = flag; wantedBy = strings; };
    systemd.sockets = sets { wantedBy = strings; };
    systemd.tmpfiles.packages = packages;
    users.groups = sets { members = strings; };
  };
  package = name: { type = "derivation"; inherit name; outPath = "/nix/store/${name}"; };
  nix = package "nix";
  of = settings: (lib.evalModules {
    specialArgs = { inherit pkgs; };
    modules = [ host ../../nix/module.nix { nix.package = nix; services.switchback-activator = settings; } ];
  }).config;
  on = of { enable = true; };
  off = of { };
in
{
  "a host that does not ask for it has nothing of it" = {
    expr = { inherit (off.systemd) packages services sockets; inherit (off.users) groups; };
    expected = { packages = [ ]; services = { }; sockets = { }; groups = { }; };
  };
  "the package brings units, generator and directories, and its program is found by ssh" = {
    expr = map (list: map (it: it.pname) list)
      [ on.systemd.packages on.systemd.tmpfiles.packages on.environment.systemPackages ];
    expected = [ [ "switchback" ] [ "switchback" ] [ "switchback" ] ];
  };
  "another package can be said" = {
    expr = (of { enable = true; package = package "mine"; }).systemd.packages;
    expected = [ (package "mine") ];
  };
  "its socket listens, and an activation that a reboot interrupted is gone on with" = {
    expr = [ on.systemd.sockets.switchback-activator.wantedBy on.systemd.services.switchback-recover.wantedBy ];
    expected = [ [ "sockets.target" ] [ "multi-user.target" ] ];
  };
  "the switch that it runs does not restart it" = {
    expr = { inherit (on.systemd.services.switchback-activator) restartIfChanged stopIfChanged; };
    expected = { restartIfChanged = false; stopIfChanged = false; };
  };
  "it finds nix" = { expr = on.systemd.services.switchback-activator.path; expected = [ nix ]; };
  "who may deploy is a member of the group" = {
    expr = (of { enable = true; settings.members = [ "deploy" ]; }).users.groups.switchback.members;
    expected = [ "deploy" ];
  };
  "nobody is unless it is said" = { expr = on.users.groups.switchback.members; expected = [ ]; };
  "a misspelt setting is an error" = {
    expr = (of { enable = true; settings.membrs = [ "deploy" ]; }).users.groups;
    throws = true;
  };
}
