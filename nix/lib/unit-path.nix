# SPDX-License-Identifier: MIT
# The name of the unit of a path, as `systemd-escape --path` has it. Source: systemd.unit(5), STRING ESCAPING FOR
# INCLUSION IN UNIT NAMES. Paths are of ASCII.
path:
let
  inherit (builtins) concatStringsSep elem elemAt filter genList isString match split stringLength substring;
  digits = "0123456789abcdef";
  # The codes 32 to 126, in order.
  printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
  codes = builtins.listToAttrs
    (genList (at: { name = substring at 1 printable; value = at + 32; }) (stringLength printable));

  escaped = character:
    let code = codes.${character} or (throw "${path}: «${character}» cannot be escaped here");
    in "\\x${substring (code / 16) 1 digits}${substring (code - code / 16 * 16) 1 digits}";
  escape = first: character:
    if match "[A-Za-z0-9:_]" character != null || (character == "." && !first) then character else escaped character;

  parts = filter (part: isString part && part != "") (split "/" path);
  text = concatStringsSep "/" parts;
  characters = genList (at: substring at 1 text) (stringLength text);
in
if match "/.*" path == null then throw "${path}: expected a path that begins with /"
else if builtins.any (part: elem part [ "." ".." ]) parts then throw "${path}: must not have . or .. in it"
else if text == "" then "-"
else concatStringsSep "" (genList
  (at: let it = elemAt characters at; in if it == "/" then "-" else escape (at == 0) it)
  (stringLength text))
