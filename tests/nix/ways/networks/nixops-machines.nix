# SPDX-License-Identifier: MIT
# Where the machines of nixops.nix are.
{
  resources.ec2KeyPairs.shop.region = "eu-west-1";
  resources.autoScalingGroups.front.maxSize = 5;

  web.deployment = {
    targetEnv = "ec2";
    ec2.region = "eu-west-1";
    hasFastConnection = true;
    privilegeEscalationCommand = [ "doas" "-n" ];
    targetUser = "deploy";
    targetPort = 2222;
  };

  db = {
    networking.privateIPv4 = "10.0.0.2";
    deployment = {
      targetHost = "db.example.org";
      provisionSSHKey = false;
      sshOptions = [ "-o" "User=admin" ];
      targetUser = null;
    };
  };
}
