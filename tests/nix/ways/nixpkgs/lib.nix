# SPDX-License-Identifier: MIT
# A small model of nixpkgs' `lib`: modules, priorities and types, as far as networks and nix/ways go. What is declared
# nowhere, or is of another type, is an error, as in the real one.
let
  inherit (builtins)
    all attrNames attrValues concatLists concatMap filter foldl' functionArgs head isAttrs isBool isFunction isInt isList
    isPath isString length listToAttrs mapAttrs;

  isOption = value: isAttrs value && value._type or "" == "option";
  typed = name: value: isAttrs value && value._type or "" == name;

  # Definitions with their priorities, conditions asked.
  pushed = priority: value:
    if typed "if" value then (if value.condition then pushed priority value.content else [ ])
    else if typed "merge" value then concatMap (pushed priority) value.contents
    else if typed "override" value then pushed value.priority value.content
    else [{ inherit priority value; }];
  strongest = said:
    let least = foldl' (a: b: if b.priority < a then b.priority else a) 9999 said;
    in map (it: it.value) (filter (it: it.priority == least) said);

  # A set of definitions, each of which may stand under a condition.
  sets = definitions: concatMap
    (definition: map (it: it.value) (pushed 100 definition)) definitions;
  namesOf = definitions: concatMap attrNames (sets definitions);
  under = name: definitions: concatMap (set: if set ? ${name} then [ set.${name} ] else [ ]) (sets definitions);

  valued = check: where: options: definitions:
    let
      strangers = filter (name: !(options ? ${name})) (namesOf definitions);
      value = name: option:
        let
          at = "${where}${name}";
          said = under name definitions;
          meant = strongest (concatMap (pushed 100) said);
          default = if option ? default then [ option.default ] else throw "The option `${at}' is used but not defined.";
        in
        if !isOption option then valued check "${at}." option said
        else option.type.merge at (if meant == [ ] then default else meant);
      values = mapAttrs value options;
    in
    if check && strangers != [ ] then throw "The option `${where}${head strangers}' does not exist." else values;

  deepMerge = a: b: a // mapAttrs
    (name: value: if isAttrs value && !isOption value && a ? ${name} then deepMerge a.${name} value else value) b;

  single = name: check: {
    inherit name check;
    merge = at: said:
      if !all check said then throw "A definition for option `${at}' is not of type `${name}'."
      else if all (value: value == head said) said then head said
      else throw "The option `${at}' has conflicting definition values.";
  };
  lists = at: said: if all isList said then concatLists said else throw "A definition for option `${at}' is not of type `list'.";

  mkOverride = priority: content: { _type = "override"; inherit priority content; };

  evalModules = { modules, specialArgs ? { }, check ? true, prefix ? "" }:
    let
      read = module: if isPath module || isString module then import module else module;
      args = said._module.args // specialArgs // { inherit config options; lib = import ./lib.nix; };
      # Only what is asked for by name is given, so that `_module.args` may come from a module.
      given = module:
        let f = if module ? __functor then module.__functor module else module;
        in f (mapAttrs (name: _: args.${name} or (throw "a module asks for `${name}', which nobody gives")) (functionArgs f) // { inherit config options; inherit (args) lib; });
      applied = module: if isFunction module || (isAttrs module && module ? __functor) then given module else module;
      whole = module:
        if module ? options || module ? config then module
        else { config = removeAttrs module [ "_file" "imports" "key" ]; imports = module.imports or [ ]; };
      loaded = concatMap
        (module: let it = whole (applied (read module)); in [ it ] ++ load (it.imports or [ ])) modules;
      load = list: concatMap (module: let it = whole (applied (read module)); in [ it ] ++ load (it.imports or [ ])) list;
      ours = { options._module = {
        args = { _type = "option"; default = { }; type = types.attrsOf types.anything; };
        check = { _type = "option"; default = true; type = types.bool; };
      }; };
      options = foldl' deepMerge { } (map (module: module.options or { }) ([ ours ] ++ loaded));
      definitions = map (module: module.config or { }) loaded;
      said = valued false prefix { inherit (options) _module; } definitions;
      config = removeAttrs (valued (check && said._module.check) prefix options definitions) [ "_module" ];
    in
    { inherit config options; };

  types = rec {
    anything = { name = "anything"; check = _: true; merge = _: said: foldl' (a: b: if isAttrs a && isAttrs b then deepMerge a b else b) (head said) (builtins.tail said); };
    unspecified = anything;
    bool = single "boolean" isBool;
    int = single "signed integer" isInt;
    str = single "string" isString;
    path = single "path" (value: isPath value || isString value);
    nullOr = of: {
      name = "null or ${of.name}";
      check = value: value == null || of.check value;
      merge = at: said: if all (value: value == null) said then null else of.merge at said;
    };
    listOf = of: {
      name = "list of ${of.name}";
      check = isList;
      merge = at: said: map (value: of.merge at [ value ]) (lists at said);
    };
    attrsOf = of: {
      name = "attribute set of ${of.name}";
      check = isAttrs;
      merge = at: said: listToAttrs (map
        (name: { inherit name; value = of.merge "${at}.${name}" (strongest (concatMap (pushed 100) (under name said))); })
        (namesOf said));
    };
    submodule = module: {
      name = "submodule";
      check = isAttrs;
      merge = at: said: (evalModules {
        modules = [ module ] ++ said;
        prefix = "${at}.";
        specialArgs.name = let parts = filter isString (builtins.split "\\." at); in builtins.elemAt parts (length parts - 1);
      }).config;
    };
  };
in
{
  inherit evalModules mkOverride types;
  mkOption = option: option // { _type = "option"; };
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkBefore = content: content;
}
