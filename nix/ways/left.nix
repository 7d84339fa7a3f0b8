# SPDX-License-Identifier: MIT
# What networks say that a manifest cannot: each with what takes its place.
let
  itself = "on the host itself: switchback deploy --local --path SYSTEM";
  secrets = "sops-nix or agenix bring secrets with the system";
  machines = "an infrastructure tool (OpenTofu, Terraform) makes machines, nixos-anywhere installs NixOS on them";
in
rec {
  entry = what: instead: { inherit what instead; };
  when = condition: what: instead: if condition then [ (entry what instead) ] else [ ];
  named = prefix: instead: set: map (name: entry "${prefix}.${name}" instead) (builtins.attrNames set);

  # What machines of a hive say; NixOps does not, but a hive may be called `network`, too.
  ofColmena = deployment:
    when (deployment.targetHost == null) "the whole node (deployment.targetHost is null)" itself
    ++ when deployment.allowLocalDeployment "deployment.allowLocalDeployment" itself
    ++ when (!deployment.replaceUnknownProfiles) "deployment.replaceUnknownProfiles"
      "a host that runs something else than its profile names is refused without --force; who else deployed is in switchback history";

  keys = named "deployment.keys" "not sent: ${secrets}";
  secret = named "deployment.secrets" "not sent: ${secrets}";
  made = what: entry what "not made, started or destroyed: ${machines}";

  # Those of `set` that are not among `known`.
  unknown = prefix: known: set:
    named prefix "not known here" (removeAttrs set known);
}
