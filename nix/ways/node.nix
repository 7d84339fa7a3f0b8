# SPDX-License-Identifier: MIT
# One machine as a node of a manifest, from what its tool says about it in words that the three share. What comes after
# `name` and `toplevel` is what its options are carried over to; null says nothing.
{ name
, toplevel
, deployed ? true
, hostname ? name
, user ? null
, port ? null
, sshOptions ? [ ]
, escalation ? [ ]
, fastConnection ? null
, remoteBuild ? null
, tags ? [ ]
, checks ? { }
  # What is not carried over: { what, instead }.
, left ? [ ]
}:
let
  inherit (builtins) elem elemAt filter head length;

  # deploy-rs's `sudo` is followed by a user, colmena's and NixOps's command by the program.
  words = if escalation != [ ] && elemAt escalation (length escalation - 1) == "--" then init escalation else escalation;
  init = list: builtins.genList (elemAt list) (length list - 1);
  needsRoot = user != "root" && words != [ ];
  usual = words == [ "sudo" ] || words == [ "sudo" "-H" ] || words == [ "sudo" "-n" ];
  known = needsRoot && elem (baseNameOf (head words)) [ "sudo" "doas" "run0" ];
  sudo =
    if !needsRoot || usual || !known then null
    else builtins.concatStringsSep " " (words ++ [ "-u" ]);

  said = set: builtins.listToAttrs (builtins.concatMap
    (key: if set.${key} == null || set.${key} == [ ] || set.${key} == { } then [ ]
      else [{ name = key; value = set.${key}; }])
    (builtins.attrNames set));
in
{
  inherit deployed;

  manifest = said {
    sshUser = user;
    inherit fastConnection remoteBuild sudo tags;
    sshOpts = (if port == null then [ ] else [ "-p" (toString port) ]) ++ sshOptions;
    gate = said { inherit checks; };
  } // {
    inherit hostname;
    profiles.system.path = toplevel;
  };

  left = map (it: it // { what = "${name}: ${it.what}"; }) (left
    ++ (if needsRoot && !usual && !known then [{
      what = "deployment.privilegeEscalationCommand (${toString escalation})";
      instead = "make ${if user == null then "the user" else user} a member of the group switchback on the host";
    }] else [ ]));
}
