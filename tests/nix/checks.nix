# SPDX-License-Identifier: MIT
# deployChecks: what it takes, and what it finds wrong; the words are looked at in nix_lib_test.cpp.
{ pkgs }:
let
  inherit (import ../../nix/lib { inherit pkgs; }) deployChecks;
  file = ../../cli/manifest/manifest.schema.json;
  slips = import ../../nix/lib/slips.nix;
  schema = import ../../nix/lib/schema.nix { inherit slips; } file;
  inherit (schema) wrong;
  deploy = more: {
    user = "root";
    nodes.web = { hostname = "web"; profiles.app = { path = "/nix/store/x"; } // more; };
  };
  node = more: { user = "root"; nodes.web = { hostname = "web"; profiles = { }; } // more; };
  told = deploy: (deployChecks deploy).switchback-manifest.drvAttrs.file0;
  refused = deploy: { expr = told deploy; throws = true; };
in
{
  "a good manifest is a list of what is deployed" = { expr = told (deploy { }); expected = "web.app /nix/store/x\n"; };
  "a closure may be a derivation, a path or a string, and is not built" = {
    expr = told {
      user = "root";
      nodes.web = {
        hostname = "web";
        profiles.a.path = derivation { name = "x"; system = "sparc-solaris"; builder = "/none"; };
      };
    } != "";
    expected = true;
  };
  "every keyword of the schema is known" = { expr = schema.unknown; expected = [ ]; };
  "a manifest of every option is taken" = {
    expr = wrong (deploy {
      sshUser = "root";
      sshOpts = [ "-p" "22" ];
      fastConnection = true;
      remoteBuild = false;
      autoRollback = true;
      magicRollback = null;
      confirm = "manual";
      confirmTimeout = 30;
      activationTimeout = 240;
      gate = {
        soak = 0.5;
        critical = [ "web.service" ];
        flapLimit = 3;
        strict = true;
        prefailing = "tolerate";
        checks = {
          front = { type = "https"; url = "https://web/"; status = [ 200 ]; contains = "ok"; headers.Server = "x"; };
          smoke = { type = "exec"; side = "pusher"; command = [ "curl" "web" ]; timeout = 2.5; failures = 1; };
          db = { type = "tcp"; address = "127.0.0.1:5432"; interval = 1; successes = 2; required = false; };
          unit = { type = "unit"; unit = "web.service"; state = "active"; };
          bus = { type = "dbus-name"; name = "org.example.Web"; };
          gone = null;
        };
      };
      kind = "units";
      profilePath = "/nix/var/nix/profiles/app";
    });
    expected = [ ];
  };
  "all that is wrong is found" = {
    expr = builtins.length (wrong (deploy {
      magicRolback = false;
      kind = "darwin";
      confirmTimeout = 65536;
      gate.soak = "x";
      gate.checks.web = { type = "ping"; urll = "http://web/"; };
      sshOpts = [ 7 ];
    }));
    expected = 7;
  };
  "nothing of deploy is missing" = {
    expr = wrong { nodes.web = { }; };
    expected = [ "nodes.web.hostname: is missing" "nodes.web.profiles: is missing" ];
  };
  "a misspelt option is an error" = refused (deploy { magicRolback = false; });
  "a profile that is called as none can be is an error" = refused (node { profiles."a b".path = "/x"; });
  "an order with a profile that there is not is an error" = refused (node { profilesOrder = [ "systm" ]; });
  "a profile of nobody's is an error" = refused { nodes.web = { hostname = "x"; profiles.a.path = "/x"; }; };
  "a profile without a path is an error" = refused (deploy { path = null; });
  "two words on confirming that contradict each other are an error" =
    refused (deploy { confirm = "auto"; magicRollback = false; });
  "a closure that does not evaluate is an error" = refused (deploy { path = throw "no"; });
}
