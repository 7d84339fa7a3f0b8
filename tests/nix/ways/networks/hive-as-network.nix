# SPDX-License-Identifier: MIT
# A colmena hive as colmena takes those of NixOps, with options of its own.
{
  network.nixpkgs = import ../nixpkgs { };
  web.deployment = { tags = [ "front" ]; buildOnTarget = true; provisionSSHKey = false; };
}
