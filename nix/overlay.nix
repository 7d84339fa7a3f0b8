# SPDX-License-Identifier: MIT
final: _: { switchback = final.callPackage ./package.nix { }; }
