# SPDX-License-Identifier: MIT
# Derivations that are files and links, made with a shell and four tools. Decides nothing of what is in them.
{ system, shell, tools }:
let
  inherit (builtins) attrNames concatStringsSep genList elemAt length listToAttrs;

  make = name: arguments: derivation ({
    inherit name system;
    builder = shell;
    PATH = concatStringsSep ":" (map (tool: "${tool}/bin") tools);
    preferLocalBuild = true;
    allowSubstitutes = false;
  } // arguments);
in
{
  # A program at the store path itself.
  program = name: text: make name {
    inherit text;
    passAsFile = [ "text" ];
    args = [ "-euc" ''cp "$textPath" "$out"; chmod 0555 "$out"'' ];
  };

  # `files`: from path to text, or to { program = text; }. `base`: whose entries are linked to.
  files = name: { files, base ? null }:
    let
      paths = attrNames files;
      attribute = at: "file${toString at}";
      numbers = genList (at: at) (length paths);
      line = at:
        let path = elemAt paths at;
        in "${toString at} ${if files.${path} ? program then "0555" else "0444"} ${path}\n";
    in
    make name ({
      list = concatStringsSep "" (map line numbers);
      base = if base == null then "" else "${base}";
      passAsFile = [ "list" ] ++ map attribute numbers;
      args = [
        "-euc"
        ''
          mkdir "$out"
          for entry in ''${base:+"$base"/* "$base"/.[!.]*}; do
            if [ -e "$entry" ] || [ -L "$entry" ]; then ln -s "$entry" "$out/"; fi
          done
          while read -r number mode path; do
            if [ -L "$out/''${path%%/*}" ]; then
              echo "$base has ''${path%%/*} already" >&2
              exit 1
            fi
            case $path in */*) mkdir -p "$out/''${path%/*}" ;; esac
            eval "text=\$file''${number}Path"
            cp "$text" "$out/$path"
            chmod "$mode" "$out/$path"
          done <"$listPath"
        ''
      ];
    } // listToAttrs (map
      (at:
        let file = files.${elemAt paths at};
        in { name = attribute at; value = file.program or file; })
      numbers));
}
