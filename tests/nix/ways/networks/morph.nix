# SPDX-License-Identifier: MIT
# A morph network of our own writing, with every option that is carried over, and those that are not.
{
  network = {
    description = "shop";
    pkgs = import ../nixpkgs { overlays = [ (_: _: { pin = "of the network"; }) ]; };
    specialArgs.colour = "green";
    ordering.tags = [ "db" "web" ];
    nixConfig.cores = "2";
  };

  defaults.deployment.tags = [ "all" ];

  "web.example.org" = { name, nodes, colour, pkgs, ... }: {
    environment.etc = { inherit colour name; inherit (pkgs) pin; };
    networking.extraHosts = "db is ${nodes.db.config.networking.hostName}";
    deployment = {
      targetPort = 2222;
      targetUser = "deploy";
      tags = [ "web" ];
      substituteOnDestination = true;
      secrets.cert = { source = "./cert.pem"; destination = "/var/cert.pem"; };
      preDeployChecks.cmd = [{ description = "not at night"; cmd = [ "test-hour" ]; }];
      healthChecks.http = [
        { description = "front page"; port = 80; path = "/healthz"; headers.Host = "shop"; timeout = 3; period = 1; }
        { description = "front page"; host = "other.example.org"; scheme = "https"; port = 443; insecureSSL = true; timeout = 0; }
      ];
      healthChecks.cmd = [{ description = "has a table"; cmd = [ "psql" "-c" "'select 1'" ]; }];
    };
  };

  db.deployment.targetHost = "db.internal";

  image.deployment.buildOnly = true;
}
