# SPDX-License-Identifier: MIT
# Reads the files of a network and finds out what they are: `kind`, the sets that they hold (`networks`), the `names` of
# the machines. `problem` says what was expected and what was found, and where; null when nothing is wrong.
files:
let
  inherit (builtins)
    all any attrNames attrValues concatLists concatMap concatStringsSep elem filter foldl' functionArgs isAttrs
    isFunction isList isPath isString map typeOf;

  expected = "expected a colmena hive (with `meta`), or a NixOps or morph network (with `network`)";

  callable = value: isFunction value || (isAttrs value && value ? __functor);
  needed = value:
    if !isFunction value then [ ]
    else filter (name: !(functionArgs value).${name}) (attrNames (functionArgs value));

  one = file:
    let
      content = import file;
      call = content { };
      network = if callable content then call else content;
      wrong = found: { problem = "${toString file}: ${expected}, and found ${found}"; network = { }; };
    in
    if needed content != [ ] then wrong
      ("a function that needs ${concatStringsSep ", " (needed content)}"
      + (if any (name: elem name (needed content)) [ "config" "pkgs" "lib" ] then ", as a NixOS module does"
        else "; give them in a file of yours: import ${toString file} { ${head' (needed content)} = …; }"))
    else if !isAttrs network then wrong "${article (typeOf network)}"
    else if network.type or "" == "derivation" then wrong "a derivation"
    else if network ? outputs && network ? inputs || isFunction (network.outputs or null) then wrong
      "a flake: name its output, as in import (builtins.getFlake \"path:…\").colmena in a file of yours"
    else if network ? __schema then wrong
      "a hive that colmena has evaluated already (colmenaHive): import what it was made from"
    else if network ? deploy && isAttrs network.deploy && network.deploy ? nodes then wrong
      "a manifest: switchback deploy --file takes it as it is"
    else { problem = null; network = network // { _file = file; }; };
  head' = list: builtins.head list;
  article = type: {
    list = "a list"; string = "a string"; int = "a number"; float = "a number"; bool = "a boolean"; null = "null";
    path = "a path"; lambda = "a function of a function";
  }.${type} or type;

  # `require` of NixOps: further files, each of them once.
  closure = builtins.genericClosure {
    startSet = map (file: { key = toString file; inherit file; }) files;
    operator = { file, ... }: map (file: { key = toString file; inherit file; })
      (let it = one file; in if it.problem != null then [ ] else it.network.require or [ ]);
  };
  all' = map ({ file, ... }: one file) closure;
  networks = map (it: it.network) all';

  has = name: any (network: network ? ${name}) networks;
  merged = foldl' (a: b: a // b) { } (concatMap (network: if network ? network then [ network.network ] else [ ]) networks);
  says = names: any (name: merged ? ${name}) names;

  reserved = [ "_file" "defaults" "meta" "network" "nixpkgs" "require" "resources" ];
  names = attrNames (removeAttrs (foldl' (a: b: a // b) { } networks) reserved);
  isModule = value: callable value || isPath value || isString value || isList value || isAttrs value;
  strangers = concatMap
    (network: map (name: "${name} is ${article (typeOf network.${name})}")
      (filter (name: !isModule network.${name}) (attrNames (removeAttrs network reserved))))
    networks;
  # What has neither `meta` nor `network` nor anything else that tells is one only if it looks like machines.
  looksLikeMachines = all
    (name: all
      (network: !(network ? ${name}) || callable network.${name} || isPath network.${name}
        || (isAttrs network.${name} && any (word: network.${name} ? ${word}) [ "deployment" "imports" "config" ]))
      networks)
    names;
  told = any has [ "meta" "network" "defaults" "resources" "require" ];
  where = concatStringsSep ", " (map toString files);
  wrong = found: "${where}: ${expected}, and found ${found}";
  listed = list: if list == [ ] then "an empty set" else "a set of ${concatStringsSep ", " list}";

  firstProblem = list: if list == [ ] then null else head' list;
in
{
  inherit names networks;

  kind =
    # colmena takes `network` for `meta`, too.
    if has "meta" || says [ "allowApplyAll" "machinesFile" "nodeNixpkgs" "nodeSpecialArgs" ]
      || says [ "nixpkgs" ] && says [ "specialArgs" ] then "colmena hive"
    else if has "resources" || has "require" || says [ "enableRollback" "lock" "nixpkgs" "storage" ] then "NixOps network"
    else if says [ "buildShell" "evalConfig" "lib" "nixConfig" "ordering" "pkgs" "runCommand" "specialArgs" ]
    then "morph network"
    else "NixOps network";

  problem = firstProblem (
    filter (problem: problem != null) (map (it: it.problem) all')
    ++ (if has "meta" && has "network" then
      [ "${where}: has both `meta` and `network`; a hive has one of them" ] else [ ])
    ++ (if has "meta" && builtins.length networks > 1 then
      [ "${where}: a colmena hive is one file, and there are ${toString (builtins.length networks)}" ] else [ ])
    ++ map (stranger: wrong "that ${stranger}: a machine is a NixOS module") strangers
    ++ (if names == [ ] then [ (if told then "${where}: there is no machine in it" else wrong (listed names)) ] else [ ])
    ++ (if told || looksLikeMachines then [ ] else [ (wrong (listed names)) ])
  );
}
