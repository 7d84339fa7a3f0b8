# SPDX-License-Identifier: MIT
# How the options of one unit are written down as a unit file. Decides keys and quoting; where two options say the same,
# that is an error. `program`: from a name and a text to the path of a program.
{ shell, servicePath, program }:
let
  inherit (builtins)
    attrNames concatLists concatStringsSep elem filter isBool isList match replaceStrings toJSON;
  inherit (import ./unit-options.nix) isText isNumber textOf;

  lines = concatStringsSep "";
  joined = value: if isList value then concatStringsSep " " (map textOf value) else value;

  # A value as NixOS writes it. A line end would begin another assignment.
  valueText = where: value:
    if isBool value then (if value then "true" else "false")
    else if !(value == null || isText value || isNumber value) then
      throw "${where}: expected a string, a number, true or false, or a list of these"
    else
      let text = textOf value;
      in if match "[^\n]*" text == null then throw "${where}: a value must not have more than one line" else text;

  # From key to value, or to a list of values: one line each.
  assignments = where: set: lines (concatLists (map
    (key: map (value: "${key}=${valueText "${where}.${key}" value}\n")
      (if isList set.${key} then set.${key} else [ set.${key} ]))
    (attrNames set)));
  section = name: where: set: let text = assignments where set; in if text == "" then "" else "[${name}]\n${text}";

  # What two sets say together; of what both say, an error.
  join = where: ours: theirs:
    let both = filter (key: theirs ? ${key}) (attrNames ours);
    in if both == [ ] then ours // theirs
    else throw "${where}.${builtins.head both} is set by an option of the unit, too";

  given = unit: options: builtins.listToAttrs (concatLists (map
    (option:
      if unit ? ${option.from} && !(elem unit.${option.from} [ "" [ ] ])
      then [{ name = option.to; value = unit.${option.from}; }] else [ ])
    options));
  words = from: to: { inherit from to; };

  unitSection = where: unit: section "Unit" "${where}.unitConfig" (join "${where}.unitConfig"
    (given unit [ (words "startLimitBurst" "StartLimitBurst") (words "startLimitIntervalSec" "StartLimitIntervalSec") ]
      // builtins.mapAttrs (_: joined) (given unit [
      (words "description" "Description")
      (words "documentation" "Documentation")
      (words "after" "After")
      (words "before" "Before")
      (words "wants" "Wants")
      (words "requires" "Requires")
      (words "requisite" "Requisite")
      (words "bindsTo" "BindsTo")
      (words "upholds" "Upholds")
      (words "partOf" "PartOf")
      (words "conflicts" "Conflicts")
      (words "onFailure" "OnFailure")
      (words "onSuccess" "OnSuccess")
      (words "restartTriggers" "X-Restart-Triggers")
      (words "reloadTriggers" "X-Reload-Triggers")
    ]))
    (unit.unitConfig or { }));

  installSection = where: unit: section "Install" where (builtins.mapAttrs (_: joined) (given unit [
    (words "wantedBy" "WantedBy")
    (words "requiredBy" "RequiredBy")
    (words "upheldBy" "UpheldBy")
    (words "aliases" "Alias")
  ]));

  # «Environment="NAME=VALUE"». JSON's escapes are systemd's, too; a specifier such as %t keeps its meaning.
  environment = where: set: lines (map
    (name:
      if !(isText set.${name} || isNumber set.${name}) then
        throw "${where}.environment.${name}: expected a string, a path or a number"
      else "Environment=${toJSON "${name}=${textOf set.${name}}"}\n")
    (filter (name: set.${name} != null) (attrNames set)));

  jobs = [
    { option = "preStart"; key = "ExecStartPre"; suffix = "pre-start"; }
    { option = "postStart"; key = "ExecStartPost"; suffix = "post-start"; }
    { option = "reload"; key = "ExecReload"; suffix = "reload"; }
    { option = "preStop"; key = "ExecStop"; suffix = "pre-stop"; }
    { option = "postStop"; key = "ExecStopPost"; suffix = "post-stop"; }
  ];
  hasScript = unit: unit.script or "" != "" || builtins.any (job: unit.${job.option} or "" != "") jobs;

  asList = value: if isList value then value else [ value ];

  # The service's programs, beside those of its serviceConfig.
  programs = where: name: unit:
    let
      config = unit.serviceConfig or { };
      made = suffix: text: program
        "unit-script-${replaceStrings [ "\\" "@" ":" ] [ "-" "-" "-" ] name}-${suffix}"
        "#!${shell} -e\n${text}\n";
      of = job:
        if unit.${job.option} or "" == "" then [ ]
        else [{
          name = job.key;
          value = [ "${made job.suffix unit.${job.option}}" ] ++ asList (config.${job.key} or [ ]);
        }];
      arguments = if unit ? scriptArgs then " ${unit.scriptArgs}" else "";
      start =
        if unit.script or "" == "" then
          (if unit ? scriptArgs then throw "${where}.scriptArgs: there is no script" else { })
        else if config ? ExecStart then
          throw "${where}.serviceConfig.ExecStart is set by an option of the unit, too"
        else { ExecStart = "${made "start" unit.script}${arguments}"; };
    in
    config // start // builtins.listToAttrs (concatLists (map of jobs));

  # The host's own programs come last: a host without NixOS has its systemctl there.
  hostPath = "/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  pathOf = where: unit:
    let
      packages = unit.path or [ ] ++ (if unit.enableDefaultPath or true then servicePath else [ ]);
      programsOf = package: if package.outputSpecified or false then package else package.bin or package.out or package;
      directories = concatLists (map (package: [ "${programsOf package}/bin" "${programsOf package}/sbin" ]) packages);
    in
    if unit.path or [ ] == [ ] && !hasScript unit then { }
    else if unit ? environment && unit.environment ? PATH then
      (if unit.path or [ ] == [ ] then { } else throw "${where}.environment.PATH: is what path says, too")
    else { PATH = concatStringsSep ":" (directories ++ [ hostPath ]); };

  switching = unit:
    (if unit.reloadIfChanged or false then { X-ReloadIfChanged = true; }
    else if !(unit.restartIfChanged or true) then { X-RestartIfChanged = false; } else { })
    // (if unit.stopIfChanged or true then { } else { X-StopIfChanged = false; })
    // (if unit.notSocketActivated or false then { X-NotSocketActivated = true; } else { });

  serviceSection = where: name: unit:
    let
      text = environment where (pathOf where unit // unit.environment or { })
        + assignments "${where}.serviceConfig"
        (join "${where}.serviceConfig" (switching unit) (programs where name unit));
    in
    if text == "" then "" else "[Service]\n${text}";

  # `own` is what the unit's own options say.
  plainSection = name: config: own: where: _: unit:
    section name "${where}.${config}" (join "${where}.${config}" (given unit own) (unit.${config} or { }));

  own = {
    services = serviceSection;
    sockets = plainSection "Socket" "socketConfig"
      [ (words "listenStreams" "ListenStream") (words "listenDatagrams" "ListenDatagram") ];
    timers = plainSection "Timer" "timerConfig" [ ];
    paths = plainSection "Path" "pathConfig" [ ];
    mounts = plainSection "Mount" "mountConfig"
      [ (words "what" "What") (words "where" "Where") (words "type" "Type") (words "options" "Options") ];
    automounts = plainSection "Automount" "automountConfig" [ (words "where" "Where") ];
    targets = _: _: _: "";
    slices = plainSection "Slice" "sliceConfig" [ ];
  };
in
# Of `type`, as in unit-options.nix.
type: where: name: unit: concatStringsSep "\n" (filter (text: text != "") [
  (unitSection where unit)
  (own.${type} where name unit)
  (installSection where unit)
])
