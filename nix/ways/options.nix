# SPDX-License-Identifier: MIT
# The options `deployment.*` of colmena, NixOps and morph: modules for their machines. An option that its tool does not
# have is an error, as it is there. Those that are not carried over are declared, so that their names can be told.
let
  options = lib:
    let
      inherit (lib) mkOption types;
      option = type: default: mkOption { inherit type default; };
      any = option types.unspecified;
    in
    {
      bool = option types.bool;
      strings = option (types.listOf types.str) [ ];
      string = option types.str;
      maybeString = option (types.nullOr types.str);
      maybePort = option (types.nullOr types.int) null;
      sets = option (types.attrsOf types.unspecified) { };
      inherit any;

      # Modules ask where a key will be.
      keys = mkOption {
        default = { };
        type = types.attrsOf (types.submodule ({ name, config, ... }: {
          options = {
            name = option types.str name;
            text = any null;
            keyFile = any null;
            keyCommand = any null;
            destDir = option types.str "/run/keys";
            path = option types.str "${config.destDir}/${config.name}";
            user = option types.str "root";
            group = option types.str "root";
            permissions = option types.str "0600";
            uploadAt = any "pre-activation";
          };
        }));
      };

      checks = mkOption {
        default = { };
        type = types.submodule {
          options = {
            cmd = mkOption {
              default = [ ];
              type = types.listOf (types.submodule {
                options = {
                  description = mkOption { type = types.str; };
                  cmd = option (types.nullOr (types.listOf types.str)) null;
                  period = option types.int 2;
                  timeout = option types.int 5;
                };
              });
            };
            http = mkOption {
              default = [ ];
              type = types.listOf (types.submodule {
                options = {
                  description = mkOption { type = types.str; };
                  host = option (types.nullOr types.str) null;
                  scheme = option types.str "http";
                  port = mkOption { type = types.int; };
                  path = option types.str "/";
                  headers = option (types.attrsOf types.str) { };
                  period = option types.int 2;
                  timeout = option types.int 5;
                  insecureSSL = option types.bool false;
                };
              });
            };
          };
        };
      };
    };

  escalation = [ "sudo" "-H" "--" ];

  # Of colmena; a hive may be called `network`, and then nothing may tell it from one of NixOps's.
  colmenaOptions = lib: with options lib; {
    targetPort = maybePort;
    targetUser = maybeString "root";
    allowLocalDeployment = bool false;
    buildOnTarget = bool false;
    tags = strings;
    inherit keys;
    replaceUnknownProfiles = bool true;
    privilegeEscalationCommand = any escalation;
    sshOptions = strings;
  };
in
{
  colmena = { name, lib, ... }: {
    options.deployment = with options lib; colmenaOptions lib // { targetHost = maybeString name; };
  };

  nixops = { config, lib, ... }: {
    options.deployment = with options lib; colmenaOptions lib // {
      targetEnv = string "none";
      targetHost = maybeString config.networking.hostName;
      provisionSSHKey = bool true;
      alwaysActivate = bool true;
      owners = strings;
      hasFastConnection = bool false;
      storeKeysOnMachine = bool false;
      autoLuks = sets;
      autoRaid0 = sets;
      encryptedLinksTo = strings;
      name = any null;
      arguments = any null;
      uuid = any null;
    } // builtins.listToAttrs (map (name: { inherit name; value = sets; }) (import ./environments.nix));
    # Those that the tool found out itself; here, whoever uses them says them.
    options.networking = with options lib; {
      privateIPv4 = lib.mkOption { type = lib.types.str; };
      publicIPv4 = maybeString null;
      vpnPublicKey = maybeString null;
    };
  };

  morph = { lib, ... }: {
    options.deployment = with options lib; {
      targetHost = string "";
      targetPort = maybePort;
      targetUser = string "";
      tags = strings;
      buildOnly = bool false;
      substituteOnDestination = bool false;
      secrets = sets;
      healthChecks = checks;
      preDeployChecks = checks;
    };
  };
}
