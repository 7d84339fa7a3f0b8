# SPDX-License-Identifier: MIT
# In the place of home-manager, where there is no network: a home whose script says that it ran.
{
  outputs = { self }: {
    lib.homeManagerConfiguration = { pkgs, modules }:
      let inherit (builtins.head modules) home;
      in {
        activationPackage = pkgs.runCommand "home-manager-generation" { } ''
          mkdir "$out"
          printf '#!/bin/sh\necho %s "$(id -un)" "$PROFILE" >>"$HOME/activated"\n' ${home.username} >"$out/activate"
          chmod +x "$out/activate"
        '';
      };
  };
}
