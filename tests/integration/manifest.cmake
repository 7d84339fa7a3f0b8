add_suite(integration_tests_manifest integration TIMEOUT 120
  SOURCES manifest_asked.cpp manifest_build_test.cpp manifest_test.cpp nix_lib_test.cpp nix_world.cpp private_mounts.cpp ways_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/testhost/process.cpp
  LINK switchback_cli manifest)
target_link_libraries(integration_tests_manifest PRIVATE util)
target_compile_definitions(integration_tests_manifest PRIVATE
  SWITCHBACK_SOURCE="${PROJECT_SOURCE_DIR}" SWITCHBACK_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
