add_suite(integration_tests_manifest integration TIMEOUT 120
  SOURCES manifest_asked.cpp manifest_build_test.cpp manifest_test.cpp nix_world.cpp private_mounts.cpp
  LINK switchback_cli manifest)
