# SPDX-License-Identifier: MIT
# morph's health checks as checks of a gate. An http check is asked by the pusher, as morph does itself; a cmd check by
# the host, where morph's ssh has a shell run the words. What is described alike is numbered.
{ hostname, user, healthChecks }:
let
  inherit (builtins) attrNames concatStringsSep elemAt filter genList length listToAttrs stringLength substring;

  http = check: {
    type = "exec";
    side = "pusher";
    command = [ "curl" "--fail" "--silent" "--show-error" "--location" "--output" "/dev/null" ]
      ++ (if check.insecureSSL then [ "--insecure" ] else [ ])
      ++ builtins.concatMap (name: [ "--header" "${name}: ${check.headers.${name}}" ]) (attrNames check.headers)
      ++ [ "${check.scheme}://${if check.host == null then hostname else check.host}:${toString check.port}${check.path}" ];
    interval = check.period;
    # 0 is morph's word for no limit.
    timeout = if check.timeout > 0 then check.timeout else 20;
  };
  cmd = check: {
    type = "exec";
    user = if user == null then "root" else user;
    command = [ "/bin/sh" "-c" (concatStringsSep " " check.cmd) ];
    interval = check.period;
    # 0 is morph's word for no limit.
    timeout = if check.timeout > 0 then check.timeout else 20;
  };

  all = map (check: { inherit (check) description; value = http check; }) healthChecks.http
    ++ map (check: { inherit (check) description; value = cmd check; }) (filter (check: check.cmd != null) healthChecks.cmd);
  # A check's name is one line of 1 to 64 characters.
  short = text: if text == "" then "check" else builtins.replaceStrings [ "\n" "\t" ] [ " " " " ] (substring 0 56 text);
  nameOf = index:
    let
      name = short (elemAt all index).description;
      before = length (filter (other: short (elemAt all other).description == name) (genList (i: i) index));
    in if before == 0 then name else "${name} ${toString (before + 1)}";
in
listToAttrs (genList (index: { name = nameOf index; inherit (elemAt all index) value; }) (length all))
