# SPDX-License-Identifier: MIT
# A small model of nixpkgs' `lib`: options, modules and their types as far as ours go. As in the real one, a definition
# of an option that is not declared, or of another type, is an error, and mkIf may ask for what other modules say.
let
  inherit (builtins)
    all attrNames concatLists filter foldl' head isAttrs isBool isFunction isList isPath
    isString listToAttrs mapAttrs;

  isIf = value: isAttrs value && value._type or "" == "if";
  isOption = value: isAttrs value && value._type or "" == "option";

  # What of `definition` is said under `name`; the condition goes with it, unasked.
  under = name: definition:
    if isIf definition then map (mkIf definition.condition) (under name definition.content)
    else if definition ? ${name} then [ definition.${name} ] else [ ];
  names = definition: if isIf definition then names definition.content else attrNames definition;
  asked = definition:
    if !isIf definition then [ definition ]
    else if definition.condition then asked definition.content else [ ];

  # From options and what is said of them to their values.
  valued = where: options: definitions:
    let
      strangers = filter (name: !(options ? ${name})) (concatLists (map names definitions));
      value = name: option:
        let
          at = "${where}${name}";
          said = concatLists (map (under name) definitions);
          meant = concatLists (map asked said);
        in
        if !isOption option then valued "${at}." option said
        else if meant != [ ] then option.type.merge at meant
        else if option ? default then option.type.merge at [ option.default ]
        else throw "The option `${at}' is used but not defined.";
    in
    if strangers != [ ] then throw "The option `${where}${head strangers}' does not exist."
    else mapAttrs value options;

  deepMerge = a: b: a // mapAttrs
    (name: value: if isAttrs value && !isOption value && a ? ${name} then deepMerge a.${name} value else value)
    b;

  checked = name: check: at: value:
    if check value then value else throw "A definition for option `${at}' is not of type `${name}'.";
  single = name: check: {
    inherit name;
    merge = at: said:
      let values = map (checked name check at) said;
      in if all (value: value == head values) values then head values
      else throw "The option `${at}' has conflicting definition values.";
  };

  mkIf = condition: content: { _type = "if"; inherit condition content; };
in
rec {
  inherit mkIf;
  mkOption = option: option // { _type = "option"; };
  mkEnableOption = what: mkOption { type = types.bool; default = false; description = "Whether to enable ${what}."; };
  literalExpression = text: { _type = "literalExpression"; inherit text; };

  # A system that is only its name; all that its modules say is evaluated.
  nixosSystem = { system, modules }:
    let
      free = mkOption { type = types.anything; default = { }; };
      parts = [ "boot" "environment" "fileSystems" "networking" "nix" "system" "systemd" "users" ];
      host.options = genAttrs parts (_: free) // { services = genAttrs [ "nginx" "openssh" ] (_: free); };
      whole = evalModules {
        modules = [ host { nix.package = "/usr"; } ] ++ modules;
        specialArgs.pkgs = import ./pkgs.nix { inherit system; lib = import ./lib.nix; };
      };
      name = "nixos-system-${whole.config.networking.hostName}";
    in
    {
      config.system.build.toplevel = builtins.deepSeq whole.config (derivation {
        inherit name system;
        builder = "/bin/sh";
        args = [ "-c" "echo >$out" ];
      });
    };

  types = {
    anything = { name = "anything"; merge = _: foldl' deepMerge { }; };
    bool = single "boolean" isBool;
    str = single "string" isString;
    package = single "package" (value: isString value || isPath value || value ? outPath);
    listOf = of: {
      name = "list of ${of.name}";
      merge = at: said: map (value: of.merge at [ value ]) (concatLists (map (checked "list" isList at) said));
    };
    attrsOf = of: {
      name = "attribute set of ${of.name}";
      merge = at: said: listToAttrs (map
        (name: { inherit name; value = of.merge "${at}.${name}" (concatLists (map (under name) said)); })
        (concatLists (map names said)));
    };
    submodule = module: {
      name = "submodule";
      merge = at: said: valued "${at}." module.options (map (checked "submodule" isAttrs at) said);
    };
  };

  evalModules = { modules, specialArgs ? { } }:
    let
      read = module: if isPath module then import module else module;
      arguments = specialArgs // { inherit config; lib = import ./lib.nix; };
      applied = module: if isFunction module then module arguments else module;
      whole = module: if module ? options || module ? config then module else { config = module; };
      loaded = map (module: whole (applied (read module))) modules;
      options = foldl' deepMerge { } (map (module: module.options or { }) loaded);
      config = valued "" options (map (module: module.config or { }) loaded);
    in
    { inherit config options; };

  genAttrs = list: value: listToAttrs (map (name: { inherit name; value = value name; }) list);
  cmakeBool = name: value: "-D${name}:BOOL=${if value then "TRUE" else "FALSE"}";
  licenses.mit = { spdxId = "MIT"; };
  platforms.linux = [ "aarch64-linux" "x86_64-linux" ];
  # Every file that is named must be there.
  fileset = {
    unions = paths: if all builtins.pathExists paths then paths else throw "a file of the set is not there";
    toSource = { root, fileset }: { outPath = root; files = fileset; };
  };
}
