# SPDX-License-Identifier: MIT
# What activate.units makes of every option that it knows.
{ pkgs }:
let
  inherit (builtins) attrNames concatStringsSep filter genList head length listToAttrs match;
  own = import ../../nix/lib {
    inherit (pkgs) system;
    shell = "/bin/sh";
    tools = [ "/usr" ];
    servicePath = [ "/default" ];
  };
  options = import ../../nix/lib/unit-options.nix;
  unit = import ../../nix/lib/unit-text.nix {
    shell = "/bin/sh";
    servicePath = [ "/default" ];
    program = name: text: "<${name}: ${concatStringsSep "|" (filter builtins.isString (builtins.split "\n" text))}>";
  };
  # The text of a unit of `type`.
  text = type: definition: unit type "${type}.web" "web" definition;
  service = text "services";
  unitPath = import ../../nix/lib/unit-path.nix;
  hostPath = "/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  pathLine = packages: "Environment=\"PATH=${packages}:${hostPath}\"\n";

  # Names of the files of a closure.
  filesOf = definitions: map
    (line: head (match "[0-9]+ [0-9]+ lib/systemd/system/(.*)" line))
    (filter (line: builtins.isString line && line != "")
      (builtins.split "\n" (own.activate.units definitions).drvAttrs.list));
  nothing = { serviceConfig.ExecStart = "/bin/true"; };
  broken = definitions: { expr = (own.activate.units definitions).drvAttrs.list; throws = true; };

  # Options of lists of names: what is written for [ "a" "b" ].
  lists = {
    documentation = "[Unit]\nDocumentation=a b\n";
    after = "[Unit]\nAfter=a b\n";
    before = "[Unit]\nBefore=a b\n";
    wants = "[Unit]\nWants=a b\n";
    requires = "[Unit]\nRequires=a b\n";
    requisite = "[Unit]\nRequisite=a b\n";
    bindsTo = "[Unit]\nBindsTo=a b\n";
    upholds = "[Unit]\nUpholds=a b\n";
    partOf = "[Unit]\nPartOf=a b\n";
    conflicts = "[Unit]\nConflicts=a b\n";
    onFailure = "[Unit]\nOnFailure=a b\n";
    onSuccess = "[Unit]\nOnSuccess=a b\n";
    restartTriggers = "[Unit]\nX-Restart-Triggers=a b\n";
    reloadTriggers = "[Unit]\nX-Reload-Triggers=a b\n";
    wantedBy = "[Install]\nWantedBy=a b\n";
    requiredBy = "[Install]\nRequiredBy=a b\n";
    upheldBy = "[Install]\nUpheldBy=a b\n";
    aliases = "[Install]\nAlias=a b\n";
  };
  # Other options: a value, and what is written for it.
  others = {
    services = {
      description = { of = "A web service"; is = "[Unit]\nDescription=A web service\n"; };
      startLimitBurst = { of = 3; is = "[Unit]\nStartLimitBurst=3\n"; };
      startLimitIntervalSec = { of = 0; is = "[Unit]\nStartLimitIntervalSec=0\n"; };
      unitConfig = { of = { X-SwitchMethod = "reload"; }; is = "[Unit]\nX-SwitchMethod=reload\n"; };
      environment = {
        of = { B = "2"; A = 1; C = null; };
        is = "[Service]\nEnvironment=\"A=1\"\nEnvironment=\"B=2\"\n";
      };
      path = { of = [ "/a" ]; is = "[Service]\n" + pathLine "/a/bin:/a/sbin:/default/bin:/default/sbin"; };
      serviceConfig = {
        of = { Type = "oneshot"; RemainAfterExit = true; ExecStart = [ "/a" "/b" ]; Nice = 5; User = ""; };
        is = "[Service]\nExecStart=/a\nExecStart=/b\nNice=5\nRemainAfterExit=true\nType=oneshot\nUser=\n";
      };
      reloadIfChanged = { of = true; is = "[Service]\nX-ReloadIfChanged=true\n"; };
      restartIfChanged = { of = false; is = "[Service]\nX-RestartIfChanged=false\n"; };
      stopIfChanged = { of = false; is = "[Service]\nX-StopIfChanged=false\n"; };
      notSocketActivated = { of = true; is = "[Service]\nX-NotSocketActivated=true\n"; };
    } // listToAttrs (map
      (job: {
        name = job.option;
        value = {
          of = "echo";
          is = "[Service]\n" + pathLine "/default/bin:/default/sbin"
            + "${job.key}=<unit-script-web-${job.script}: #!/bin/sh -e|echo|>\n";
        };
      }) [
      { option = "script"; key = "ExecStart"; script = "start"; }
      { option = "preStart"; key = "ExecStartPre"; script = "pre-start"; }
      { option = "postStart"; key = "ExecStartPost"; script = "post-start"; }
      { option = "reload"; key = "ExecReload"; script = "reload"; }
      { option = "preStop"; key = "ExecStop"; script = "pre-stop"; }
      { option = "postStop"; key = "ExecStopPost"; script = "post-stop"; }
    ]);
    sockets = {
      listenStreams = { of = [ "80" "/run/x" ]; is = "[Socket]\nListenStream=80\nListenStream=/run/x\n"; };
      listenDatagrams = { of = [ "53" ]; is = "[Socket]\nListenDatagram=53\n"; };
      socketConfig = { of = { Accept = false; }; is = "[Socket]\nAccept=false\n"; };
    };
    timers.timerConfig = {
      of = { OnCalendar = [ "daily" "12:00" ]; };
      is = "[Timer]\nOnCalendar=daily\nOnCalendar=12:00\n";
    };
    paths.pathConfig = { of = { PathExists = "/x"; }; is = "[Path]\nPathExists=/x\n"; };
    mounts = {
      what = { of = "/dev/sdb"; is = "[Mount]\nWhat=/dev/sdb\n"; };
      where = { of = "/srv"; is = "[Mount]\nWhere=/srv\n"; };
      type = { of = "ext4"; is = "[Mount]\nType=ext4\n"; };
      options = { of = "ro,noatime"; is = "[Mount]\nOptions=ro,noatime\n"; };
      mountConfig = { of = { TimeoutSec = 5; }; is = "[Mount]\nTimeoutSec=5\n"; };
    };
    automounts = {
      where = { of = "/srv"; is = "[Automount]\nWhere=/srv\n"; };
      automountConfig = { of = { TimeoutIdleSec = 60; }; is = "[Automount]\nTimeoutIdleSec=60\n"; };
    };
    slices.sliceConfig = { of = { MemoryMax = "1G"; }; is = "[Slice]\nMemoryMax=1G\n"; };
    targets = { };
  };
  # Those that have an effect only beside others: tested below.
  beside = [ "enable" "enableDefaultPath" "scriptArgs" "startAt" ];
  types = filter (name: builtins.isAttrs options.${name}) (attrNames options);
  tried = type: attrNames lists ++ attrNames others.services ++ attrNames others.${type} ++ beside;

  each = set: test: map test (attrNames set);
  tests = list: listToAttrs list;
in
tests (each lists (option: {
  name = "the option ${option} is a line of names, in every type of unit";
  value = {
    expr = map (type: text type { ${option} = [ "a" "b" ]; }) types;
    expected = map (_: lists.${option}) types;
  };
}))
// tests (builtins.concatLists (each others (type: each others.${type} (option: {
  name = "the option ${type}.*.${option} is written down as systemd has it";
  value = { expr = text type { ${option} = others.${type}.${option}.of; }; expected = others.${type}.${option}.is; };
}))))
// {
  "every option is tried here" = {
    expr = map (type: filter (option: !builtins.elem option (tried type)) (attrNames options.${type})) types;
    expected = genList (_: [ ]) (length types);
  };

  "sections come in systemd's usual order, with a line between them" = {
    expr = service { wantedBy = [ "multi-user.target" ]; description = "x"; serviceConfig.ExecStart = "/x"; };
    expected = "[Unit]\nDescription=x\n\n[Service]\nExecStart=/x\n\n[Install]\nWantedBy=multi-user.target\n";
  };
  "what an option says at its default is not written down" = {
    expr = service (nothing // {
      after = [ ];
      description = "";
      reloadIfChanged = false;
      restartIfChanged = true;
      stopIfChanged = true;
      notSocketActivated = false;
      script = "";
    });
    expected = "[Service]\nExecStart=/bin/true\n";
  };
  "a unit that is not enabled is not in the closure" = {
    expr = filesOf { services.web = nothing; services.old = nothing // { enable = false; }; };
    expected = [ "web.service" ];
  };
  "the default path can be left out, the host's own stays" = {
    expr = service { path = [ "/a" ]; enableDefaultPath = false; };
    expected = "[Service]\n" + pathLine "/a/bin:/a/sbin";
  };
  "of a package with several outputs the one with programs is in the path" = {
    expr = service { path = [ { outPath = "/dev"; bin = "/bin-output"; } ]; enableDefaultPath = false; };
    expected = "[Service]\n" + pathLine "/bin-output/bin:/bin-output/sbin";
  };
  "a service that says its PATH itself has that" = {
    expr = service { environment.PATH = "/a/bin"; script = "x"; };
    expected = "[Service]\nEnvironment=\"PATH=/a/bin\"\nExecStart=<unit-script-web-start: #!/bin/sh -e|x|>\n";
  };
  "a script's arguments follow it" = {
    expr = match ".*(ExecStart=[^\n]*).*" (service { script = "x"; scriptArgs = "%i"; });
    expected = [ "ExecStart=<unit-script-web-start: #!/bin/sh -e|x|> %i" ];
  };
  "a script beside a program of the same step comes first" = {
    expr = service { preStart = "x"; environment.PATH = "/a"; serviceConfig.ExecStartPre = [ "/y" "/z" ]; };
    expected = "[Service]\nEnvironment=\"PATH=/a\"\nExecStartPre=<unit-script-web-pre-start: #!/bin/sh -e|x|>\n"
      + "ExecStartPre=/y\nExecStartPre=/z\n";
  };
  "what is quoted in an environment is quoted as systemd reads it" = {
    expr = service { environment.A = "b \"c\" \\ %t\nd"; };
    expected = "[Service]\nEnvironment=\"A=b \\\"c\\\" \\\\ %t\\nd\"\n";
  };
  "a service with startAt has a timer" = {
    expr = filesOf { services.backup = nothing // { startAt = "daily"; }; };
    expected = [ "backup.service" "backup.timer" ];
  };
  "every type of unit has its suffix, and mounts are called after their place" = {
    expr = filesOf {
      services."web@" = nothing;
      sockets.web = { };
      timers.web = { };
      paths.web = { };
      targets.web = { };
      slices.web = { };
      mounts = [ { what = "x"; where = "/srv/a-b"; } ];
      automounts = [ { where = "/srv/a-b/"; } ];
    };
    expected = [
      "srv-a\\x2db.automount"
      "srv-a\\x2db.mount"
      "web.path"
      "web.slice"
      "web.socket"
      "web.target"
      "web.timer"
      "web@.service"
    ];
  };
  "a place is escaped as systemd-escape does it" = {
    expr = map unitPath [ "/" "/srv" "//srv/a b/" "/.hidden/x.y" "/a_b:c" ];
    expected = [ "-" "srv" "srv-a\\x20b" "\\x2ehidden-x.y" "a_b:c" ];
  };
  "the name of the closure can be said" = {
    expr = (own.activate.units { name = "web"; services.web = nothing; }).name;
    expected = "web";
  };

  "a misspelt option is an error" = broken { services.web = { wantdBy = [ ]; }; };
  "a misspelt type of unit is an error" = broken { service.web = nothing; };
  "an option of another type of unit is an error" = broken { sockets.web.script = "x"; };
  "a value of another type is an error" = broken { services.web = { after = "network.target"; }; };
  "a suffix in a name is an error" = broken { services."web.service" = nothing; };
  "a name that systemd cannot have is an error" = broken { services."a b" = nothing; };
  "a mount without a place is an error" = broken { mounts = [ { what = "x"; } ]; };
  "a place with .. in it is an error" = { expr = unitPath "/srv/../x"; throws = true; };
  "nothing at all is an error" = broken { services = { }; };
  "a program and a script for the same step are an error" = {
    expr = service { script = "x"; serviceConfig.ExecStart = "/y"; };
    throws = true;
  };
  "arguments without a script are an error" = { expr = service { scriptArgs = "x"; }; throws = true; };
  "an option and the key that it stands for are an error" = {
    expr = service { after = [ "a" ]; unitConfig.After = "b"; };
    throws = true;
  };
  "a path and a PATH are an error" = { expr = service { path = [ "/a" ]; environment.PATH = "/b"; }; throws = true; };
  "a timer and startAt are an error" = broken { services.a = nothing // { startAt = "daily"; }; timers.a = { }; };
  "a value of two lines is an error" = {
    expr = service { serviceConfig.ExecStart = "/x\nUser=root"; };
    throws = true;
  };
  "a set as a value is an error" = { expr = service { serviceConfig.ExecStart = { }; }; throws = true; };
  "a boolean in an environment is an error" = { expr = service { environment.A = true; }; throws = true; };
}
