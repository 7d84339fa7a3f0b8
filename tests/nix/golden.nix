# SPDX-License-Identifier: MIT
# Definitions whose closure is in tests/data/nix/units.txt, to the letter.
{
  name = "web";
  services.web = {
    description = "A web service";
    documentation = [ "man:web(8)" ];
    after = [ "network.target" ];
    wantedBy = [ "multi-user.target" ];
    environment = { GREETING = "hello \"world\""; TABLE = builtins.toFile "table" "users"; };
    path = [ "/opt/web" ];
    preStart = "test -d /srv";
    script = "exec web --serve";
    serviceConfig = { Restart = "always"; LoadCredential = [ "a:/a" "b:/b" ]; PrivateTmp = true; };
    unitConfig.X-SwitchMethod = "restart";
    restartTriggers = [ "one" ];
  };
  services."worker@".serviceConfig.ExecStart = "/bin/sleep %i";
  services.backup = { startAt = [ "daily" ]; serviceConfig = { Type = "oneshot"; ExecStart = "/bin/true"; }; };
  sockets.web = { listenStreams = [ "80" ]; wantedBy = [ "sockets.target" ]; };
  mounts = [{ what = "tmpfs"; where = "/srv/web-data"; type = "tmpfs"; requiredBy = [ "web.service" ]; }];
  slices.web.sliceConfig.MemoryMax = "1G";
  targets.web.wants = [ "worker@1.service" "worker@2.service" ];
  paths.web.pathConfig.PathChanged = "/srv/web-data";
}
