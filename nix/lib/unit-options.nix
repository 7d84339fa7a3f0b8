# SPDX-License-Identifier: MIT
# The options of units that activate.units takes, as NixOS names and means them, each with its type. How they are
# written down is decided by unit-text.nix.
let
  inherit (builtins) all isAttrs isBool isFloat isInt isList isPath isString;

  # What becomes a string with a store path in it, too: a path is copied there.
  isText = value: isString value || isPath value || (isAttrs value && value ? outPath);
  textOf = value: if isPath value then "${value}" else toString value;
  isNumber = value: isInt value || isFloat value;
  type = description: check: { inherit description check; };

  boolean = type "true or false" isBool;
  text = type "a string" isString;
  integer = type "a whole number" isInt;
  seconds = type "a number, or a time as systemd has it" (value: isNumber value || isString value);
  texts = type "a list of strings" (value: isList value && all isString value);
  things = type "a list of packages, paths and strings" (value: isList value && all isText value);
  set = type "an attribute set" (value: isAttrs value && !(value ? outPath));
  textOrTexts = type "a string or a list of them" (value: isString value || texts.check value);

  ofEvery = {
    enable = boolean;
    description = text;
    documentation = texts;
    after = texts;
    before = texts;
    wants = texts;
    requires = texts;
    requisite = texts;
    bindsTo = texts;
    upholds = texts;
    partOf = texts;
    conflicts = texts;
    onFailure = texts;
    onSuccess = texts;
    startLimitBurst = integer;
    startLimitIntervalSec = seconds;
    restartTriggers = things;
    reloadTriggers = things;
    unitConfig = set;
    wantedBy = texts;
    requiredBy = texts;
    upheldBy = texts;
    aliases = texts;
  };
in
{
  inherit isText isNumber textOf;

  # By the name of the definitions, from the options that every unit has to its own.
  services = ofEvery // {
    environment = set;
    path = things;
    enableDefaultPath = boolean;
    serviceConfig = set;
    script = text;
    scriptArgs = text;
    preStart = text;
    postStart = text;
    reload = text;
    preStop = text;
    postStop = text;
    reloadIfChanged = boolean;
    restartIfChanged = boolean;
    stopIfChanged = boolean;
    notSocketActivated = boolean;
    startAt = textOrTexts;
  };
  sockets = ofEvery // { listenStreams = texts; listenDatagrams = texts; socketConfig = set; };
  timers = ofEvery // { timerConfig = set; };
  paths = ofEvery // { pathConfig = set; };
  mounts = ofEvery // { what = text; where = text; type = text; options = text; mountConfig = set; };
  automounts = ofEvery // { where = text; automountConfig = set; };
  targets = ofEvery;
  slices = ofEvery // { sliceConfig = set; };
}
