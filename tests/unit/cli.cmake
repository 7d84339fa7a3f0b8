add_suite(unit_tests_cli unit TIMEOUT 60
  SOURCES cli_boot_test.cpp cli_bootstrap_test.cpp cli_bridge_test.cpp cli_check_test.cpp cli_checks_test.cpp
    cli_closure_test.cpp cli_connection_test.cpp
    cli_deploy_test.cpp cli_display_test.cpp cli_plot_test.cpp cli_plot_world.cpp
    cli_flags_test.cpp cli_history_test.cpp cli_import_test.cpp cli_local_test.cpp cli_manual_test.cpp
    cli_modes_test.cpp cli_nodes_test.cpp
    cli_options_test.cpp cli_prompt_test.cpp cli_pusher_checks_test.cpp cli_rollback_test.cpp cli_ssh_remote_test.cpp
    cli_ssh_test.cpp cli_verbs_test.cpp
    cli_wait_test.cpp cli_watch_test.cpp host_coverage_test.cpp
    cli_golden.cpp cli_push.cpp fake_activator.cpp
  LINK switchback_cli bridge)
target_compile_definitions(unit_tests_cli PRIVATE
  SWITCHBACK_SOURCE="${PROJECT_SOURCE_DIR}" SWITCHBACK_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
