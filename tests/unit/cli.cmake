add_suite(unit_tests_cli unit TIMEOUT 60
  SOURCES cli_bridge_test.cpp cli_connection_test.cpp cli_deploy_test.cpp cli_display_test.cpp cli_options_test.cpp
    cli_ssh_test.cpp cli_verbs_test.cpp fake_activator.cpp
  LINK switchback_cli bridge)
target_compile_definitions(unit_tests_cli PRIVATE SWITCHBACK_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
