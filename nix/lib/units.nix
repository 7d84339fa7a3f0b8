# SPDX-License-Identifier: MIT
# activate.units: a closure of systemd units for any host with systemd, from definitions as NixOS has them. Decides
# which definitions there are and what a unit is called; a name that is not known is an error that says so.
{ shell, servicePath, slips, tree }:
let
  inherit (builtins)
    attrNames concatLists elem filter isAttrs isList isString listToAttrs match removeAttrs stringLength substring;
  options = import ./unit-options.nix;
  unitText = import ./unit-text.nix { inherit shell servicePath; inherit (tree) program; };

  suffixes = {
    services = ".service";
    sockets = ".socket";
    timers = ".timer";
    paths = ".path";
    targets = ".target";
    slices = ".slice";
    mounts = ".mount";
    automounts = ".automount";
  };
  # A unit of these is called after where it is.
  placed = [ "mounts" "automounts" ];

  isName = text: match "[A-Za-z0-9:_.\\-][A-Za-z0-9:_.\\@-]*" text != null && stringLength text < 240;

  # `unit`, if all its options are known and of their types.
  checked = type: where: unit:
    let
      known = options.${type};
      wrong = filter (name: !known.${name}.check unit.${name}) (attrNames unit);
    in
    if !isAttrs unit then throw "${where}: expected an attribute set"
    else if slips.onlyKnown where (attrNames known) unit == { } then unit
    else if wrong != [ ] then
      throw "${where}.${builtins.head wrong}: expected ${known.${builtins.head wrong}.description}"
    else unit;

  named = type: name: unit:
    let
      where = "${type}.${name}";
      suffix = suffixes.${type};
      length = stringLength name - stringLength suffix;
    in
    if length > 0 && substring length (stringLength suffix) name == suffix then
      throw "${where}: leave out ${suffix}, as in NixOS"
    else if !isName name then throw "${where}: cannot be a unit's name"
    else { inherit type where name; file = name + suffix; unit = checked type where unit; };

  atPlace = type: unit:
    let
      where = "${type} of ${unit.where or "?"}";
      name = import ./unit-path.nix unit.where;
    in
    if !(isAttrs unit && isString (unit.where or null)) then throw "${type}: each needs a `where`"
    else { inherit type where name; file = name + suffixes.${type}; unit = checked type where unit; };

  # The units of `type`, each with its type, its name and what it says.
  of = type: definitions:
    if elem type placed then
      (if isList definitions then map (atPlace type) definitions
      else throw "${type}: expected a list, as in NixOS")
    else if isAttrs definitions then map (name: named type name definitions.${name}) (attrNames definitions)
    else throw "${type}: expected an attribute set";

  # A timer for each service that has a startAt.
  timersFor = services: timers: concatLists (map
    (name:
      let startAt = (services.${name}).startAt or [ ];
      in
      if startAt == [ ] then [ ]
      else if timers ? ${name} then throw "services.${name}.startAt: timers.${name} is there, too"
      else [ (named "timers" name { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = startAt; }) ])
    (attrNames services));
in
{ name ? "units", ... } @ arguments:
let
  definitions = slips.onlyKnown "activate.units" (attrNames suffixes ++ [ "name" ]) (removeAttrs arguments [ "name" ]);
  units = filter (it: it.unit.enable or true) (
    concatLists (map (type: of type definitions.${type}) (attrNames definitions))
    ++ timersFor (definitions.services or { }) (definitions.timers or { })
  );
in
if units == [ ] then throw "activate.units: there is no unit in it"
else tree.files name {
  files = listToAttrs (map
    (it: {
      name = "lib/systemd/system/${it.file}";
      value = unitText it.type it.where it.name it.unit;
    })
    units);
}
