# SPDX-License-Identifier: MIT
# What is said of a name that is not known: the nearest that is, as the command does.
let
  inherit (builtins) attrNames concatStringsSep elem elemAt filter foldl' genList head length stringLength substring;

  characters = text: genList (at: substring at 1 text) (stringLength text);
  least = foldl' (a: b: if a < b then a else b);

  # How many characters must be added, left out or replaced.
  distance = from: to:
    let
      letters = characters to;
      first = genList (n: n) (length letters + 1);
      nextRow = row: letter: foldl'
        (done: at: done ++ [
          (least (elemAt row (at + 1) + 1) [
            (elemAt done at + 1)
            (elemAt row at + (if letter == elemAt letters at then 0 else 1))
          ])
        ])
        [ (head row + 1) ]
        (genList (n: n) (length letters));
      last = foldl' nextRow first (characters from);
    in
    elemAt last (length letters);
in
rec {
  # null when none is near enough to be meant.
  nearest = name: known:
    let
      far = stringLength name / 3 + 1;
      near = foldl'
        (best: candidate:
          let away = distance name candidate;
          in if away <= far && (best == null || away < best.away) then { inherit candidate away; } else best)
        null
        known;
    in
    if near == null then null else near.candidate;

  # « is not known; did you mean X?»
  unknown = name: known:
    let near = nearest name known;
    in "is not known" + (
      if near != null then "; did you mean ${near}?"
      else ": there is ${concatStringsSep ", " known}"
    );

  # `set`, unless it has an attribute that is not in `known`.
  onlyKnown = where: known: set:
    let strangers = filter (name: !elem name known) (attrNames set);
    in if strangers == [ ] then set
    else throw "${where}.${head strangers}: ${unknown (head strangers) known}";
}
