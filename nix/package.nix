# SPDX-License-Identifier: MIT
# The command, the activator, and the generator. For nixpkgs' callPackage. Its own tests are those that need neither
# root nor a booted host.
{ lib
, stdenv
, cmake
, ninja
, pkg-config
, catch2_3
, cli11
, curl
, nlohmann_json
, sdbus-cpp_2
, spdlog
, systemdLibs
, tl-expected
}:
let
  version = builtins.head
    (builtins.match ".*project\\(switchback VERSION ([0-9.]+) .*" (builtins.readFile ../CMakeLists.txt));
in
stdenv.mkDerivation {
  pname = "switchback";
  inherit version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../CMakeLists.txt
      ../activator
      ../cli
      ./ways
      ../tests
      ../units
    ];
  };

  nativeBuildInputs = [ cmake ninja pkg-config ];
  buildInputs = [ cli11 curl nlohmann_json sdbus-cpp_2 spdlog systemdLibs tl-expected ]
    # The generator is linked statically where that can be: see `switchback deploy --bootstrap`.
    ++ (if stdenv ? cc.libc.static then [ stdenv.cc.libc.static ] else [ ]);
  checkInputs = [ catch2_3 ];

  cmakeFlags = [
    (lib.cmakeBool "BUILD_TESTING" true)
    (lib.cmakeBool "SWITCHBACK_HOST_TESTS" false)
  ];
  doCheck = true;
  checkPhase = ''
    runHook preCheck
    ctest --label-regex '^unit$' --no-tests=error --output-on-failure --parallel "$NIX_BUILD_CORES"
    runHook postCheck
  '';

  meta = {
    description = "Deploys Nix closures to systemd hosts: proven and confirmed, or not at all";
    license = lib.licenses.mit;
    mainProgram = "switchback";
    platforms = lib.platforms.linux;
  };
}
