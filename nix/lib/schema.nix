# SPDX-License-Identifier: MIT
# A value against a JSON Schema, of which it knows what manifest.schema.json uses; a keyword that it does not know is an
# error, so that nothing is passed over. What a store path comes from counts as a string.
{ slips }:
let
  inherit (builtins)
    all attrNames concatLists elem filter fromJSON head isAttrs isBool isFloat isInt isList isPath isString length match
    readFile stringLength toJSON typeOf;

  isText = value: isString value || isPath value || (isAttrs value && value ? outPath);
  is = {
    string = isText;
    integer = isInt;
    number = value: isInt value || isFloat value;
    boolean = isBool;
    array = isList;
    object = value: isAttrs value && !(value ? outPath);
    null = value: value == null;
  };
  types = schema: if isList schema.type then schema.type else [ schema.type ];

  toldNothing = [ "$schema" "$defs" "title" "description" "default" "examples" ];
  distinct = list: all (value: length (filter (other: other == value) list) == 1) list;

  # `web`, and "web.example.org".
  attribute = name: if match "[A-Za-z_][A-Za-z0-9_'-]*" name != null then name else toJSON name;
  below = where: name: if where == "" then attribute name else "${where}.${attribute name}";
in
file:
let
  root = fromJSON (readFile file);
  resolved = schema: if schema ? "$ref" then definition schema."$ref" else schema;
  definition = reference:
    let name = match "#/\\$defs/(.*)" reference;
    in if name == null then throw "${toString file}: ${reference} cannot be looked up" else root."$defs".${head name};

  # With those that it has by reference.
  properties = schema:
    let here = resolved schema;
    in builtins.foldl' (known: part: properties part // known) (here.properties or { }) (here.allOf or [ ]);

  # From keyword to what is wrong, given the schema it stands in.
  keywords = {
    type = where: schema: value:
      if builtins.any (type: is.${type} value) (types schema) then [ ]
      else [ "${where}: expected ${builtins.concatStringsSep " or " (types schema)}, not ${typeOf value}" ];
    enum = where: schema: value:
      if elem value schema.enum then [ ]
      else [ "${where}: ${toJSON value} is not ${builtins.concatStringsSep ", " (map toJSON schema.enum)}" ];
    const = where: schema: value:
      if value == schema.const then [ ] else [ "${where}: expected ${toJSON schema.const}" ];
    minimum = where: schema: value:
      if is.number value && value < schema.minimum then
        [ "${where}: must be ${toJSON schema.minimum} or more" ] else [ ];
    exclusiveMinimum = where: schema: value:
      if is.number value && value <= schema.exclusiveMinimum then
        [ "${where}: must be more than ${toJSON schema.exclusiveMinimum}" ] else [ ];
    maximum = where: schema: value:
      if is.number value && value > schema.maximum then
        [ "${where}: must be ${toJSON schema.maximum} or less" ] else [ ];
    minLength = where: schema: value:
      if isString value && stringLength value < schema.minLength then [ "${where}: is too short" ] else [ ];
    maxLength = where: schema: value:
      if isString value && stringLength value > schema.maxLength then [ "${where}: is too long" ] else [ ];
    pattern = where: schema: value:
      if isString value && !matches schema.pattern value then [ "${where}: cannot be ${toJSON value}" ] else [ ];
    items = where: schema: value:
      if isList value then concatLists (map (check where schema.items) value) else [ ];
    minItems = where: schema: value:
      if isList value && length value < schema.minItems then [ "${where}: has too little in it" ] else [ ];
    maxItems = where: schema: value:
      if isList value && length value > schema.maxItems then [ "${where}: has too much in it" ] else [ ];
    uniqueItems = where: schema: value:
      if isList value && !distinct value then [ "${where}: has something twice" ] else [ ];
    required = where: schema: value:
      if is.object value then
        map (name: "${below where name}: is missing") (filter (name: !(value ? ${name})) schema.required)
      else [ ];
    properties = where: schema: value:
      if !is.object value then [ ]
      else concatLists (map
        (name: if value ? ${name} then check (below where name) schema.properties.${name} value.${name} else [ ])
        (attrNames schema.properties));
    propertyNames = where: schema: value:
      if !is.object value then [ ]
      else concatLists (map (name: check (below where name) schema.propertyNames name) (attrNames value));
    additionalProperties = where: schema: value: more where schema schema.additionalProperties value;
    unevaluatedProperties = where: schema: value: more where schema schema.unevaluatedProperties value;
    allOf = where: schema: value: concatLists (map (part: check where part value) schema.allOf);
    anyOf = where: schema: value:
      if builtins.any (part: check where part value == [ ]) schema.anyOf then [ ]
      else check where (head schema.anyOf) value;
    oneOf = where: schema: value:
      let good = filter (part: check where part value == [ ]) schema.oneOf;
      in if length good == 1 then [ ]
      else if good == [ ] then check where (head schema.oneOf) value
      else [ "${where}: is more than one thing at once" ];
    "$ref" = where: schema: value: check where (resolved schema) value;
  };
  # Nix's own match is for the whole of a string.
  matches = pattern: value:
    let whole = match "\\^(.*)\\$" pattern;
    in match (if whole != null then head whole else ".*(${pattern}).*") value != null;

  # What is in no `properties`.
  more = where: schema: rest: value:
    let
      known = attrNames (properties schema);
      strangers = if is.object value then filter (name: !elem name known) (attrNames value) else [ ];
    in
    if rest == false then map (name: "${below where name}: ${slips.unknown name known}") strangers
    else concatLists (map (name: check (below where name) rest value.${name}) strangers);

  check = where: schema: value:
    let
      wrongType = if schema ? type then keywords.type where schema value else [ ];
      rest = filter (keyword: keyword != "type" && !elem keyword toldNothing) (attrNames schema);
      of = keyword:
        if keywords ? ${keyword} then keywords.${keyword} where schema value
        else throw "${toString file}: the keyword ${keyword} is not known here";
    in
    if wrongType != [ ] then wrongType else concatLists (map of rest);

  # The schemas that are written down in one.
  inside = schema:
    builtins.attrValues (schema.properties or { }) ++ builtins.attrValues (schema."$defs" or { })
    ++ concatLists (map (keyword: schema.${keyword} or [ ]) [ "allOf" "anyOf" "oneOf" ])
    ++ filter isAttrs (map (keyword: schema.${keyword} or null)
      [ "additionalProperties" "items" "propertyNames" "unevaluatedProperties" ]);
  strange = schema:
    filter (keyword: !(keywords ? ${keyword}) && !elem keyword toldNothing) (attrNames schema)
    ++ concatLists (map strange (inside schema));
in
{
  # From a value to a list of what is wrong with it, each with its place.
  wrong = check "" root;

  # Keywords of the file that are not known here.
  unknown = strange root;
}
