add_suite(unit_tests_manifest unit TIMEOUT 60
  SOURCES manifest_checks_test.cpp manifest_json_test.cpp manifest_levels_test.cpp manifest_nix_test.cpp manifest_plan_test.cpp
    manifest_schema_test.cpp manifest_selection_test.cpp manifest_target_test.cpp manifest_world.cpp
  LINK switchback_cli manifest)
target_compile_definitions(unit_tests_manifest PRIVATE
  SWITCHBACK_MANIFEST_MANUAL="${PROJECT_SOURCE_DIR}/cli/man/switchback-manifest.5"
  SWITCHBACK_MANIFEST_SCHEMA="${PROJECT_SOURCE_DIR}/cli/manifest/manifest.schema.json")
