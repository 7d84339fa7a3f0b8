# SPDX-License-Identifier: MIT
# deployChecks: whether the command would take a flake's `deploy`, found by evaluating it. Nothing of it is built, so
# hosts of another system are checked, too. What the schema cannot say is looked at here.
{ slips, tree }:
let
  inherit (builtins) attrNames concatLists concatStringsSep filter match unsafeDiscardStringContext;

  schema = import ./schema.nix { inherit slips; } ../../cli/manifest/manifest.schema.json;

  contradicts = where: level:
    if level.confirm or null != null && level.magicRollback or null != null
      && (level.confirm != "none") != level.magicRollback
    then [ "${where}confirm: says something else than magicRollback beside it" ] else [ ];

  nodeWrong = deploy: name: node:
    let
      where = "nodes.${name}";
      order = node.profilesOrder or null;
      said = profile: key:
        let levels = filter (level: level.${key} or null != null) [ profile node deploy ];
        in if levels == [ ] then null else (builtins.head levels).${key};
      ofProfile = profileName:
        let profile = node.profiles.${profileName};
        in
        contradicts "${where}.profiles.${profileName}." profile
        ++ (if profile.path or null == null then [ "${where}.profiles.${profileName}.path: is missing" ] else [ ])
        ++ (if said profile "user" == null && said profile "sshUser" == null
        then [ "${where}.profiles.${profileName}: neither user nor sshUser is set" ] else [ ]);
    in
    (if name == "" || name == "." || name == ".." || match ".*/.*" name != null
    then [ "nodes: ${builtins.toJSON name} cannot be a node's name" ] else [ ])
    ++ contradicts "${where}." node
    ++ map (profile: "${where}.profilesOrder: there is no profile ${profile}")
      (filter (profile: !(node.profiles ? ${profile})) (if order == null then [ ] else order))
    ++ concatLists (map ofProfile (attrNames node.profiles));

  # What is wrong, a line each; only where the schema holds.
  wrong = deploy:
    let told = schema.wrong deploy;
    in if told != [ ] then told
    else contradicts "" deploy
      ++ concatLists (map (name: nodeWrong deploy name deploy.nodes.${name}) (attrNames deploy.nodes));

  # What would be deployed, a line a profile. Evaluates every closure, and builds none.
  summary = deploy: concatStringsSep "" (concatLists (map
    (node: map
      (profile: "${node}.${profile} ${unsafeDiscardStringContext "${deploy.nodes.${node}.profiles.${profile}.path}"}\n")
      (attrNames deploy.nodes.${node}.profiles))
    (attrNames deploy.nodes)));
in
deploy:
let told = wrong deploy;
in
{
  switchback-manifest =
    if told == [ ] then tree.files "switchback-manifest" { files.manifest = summary deploy; }
    else throw "deploy: ${concatStringsSep "\ndeploy: " told}";
}
