# SPDX-License-Identifier: MIT
# Packages: those that closures are built with are the machine's own directories, the others only names.
{ lib, system }:
let
  inherit (builtins) functionArgs intersectAttrs isFunction;
  named = name: { type = "derivation"; inherit name; outPath = "/nothing/${name}"; };
  library = name: { inherit name; value = named name; };

  self = builtins.listToAttrs (map library [
    "catch2_3" "clang-tools" "cli11" "cmake" "curl" "gdb" "ninja" "nlohmann_json" "pkg-config" "sdbus-cpp_2" "spdlog"
    "systemdLibs" "tl-expected"
  ]) // {
    inherit lib system;
    stdenv = {
      hostPlatform = { inherit system; };
      mkDerivation = package: package // named "${package.pname}-${package.version}";
    };
    path = ./.;
    runtimeShell = "/bin/sh";
    coreutils = "/usr";
    findutils = "/usr";
    gnugrep = "/usr";
    gnused = "/usr";
    mkShell = shell: shell // named "shell";
    callPackage = file: more:
      let package = if isFunction file then file else import file;
      in package (intersectAttrs (functionArgs package) self // more);
    testers.runNixOSTest = test: test // named "vm-test";
    runCommand = name: _: script: derivation {
      inherit name system;
      builder = "/bin/sh";
      PATH = "/usr/bin:/bin";
      args = [ "-euc" script ];
    };
  };
in
self
