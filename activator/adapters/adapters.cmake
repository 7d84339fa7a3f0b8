add_library(adapters STATIC
  bus.cpp bus_probe.cpp child_process.cpp durable_file.cpp event_loop.cpp file_record_store.cpp file_unit_copies.cpp job_batch.cpp
  job_tracker.cpp manager_reload.cpp nix_profiles.cpp system_clock.cpp systemd_units.cpp unit_properties.cpp)
target_link_libraries(adapters
  PUBLIC ports unit_copies SDBusCpp::sdbus-c++ PkgConfig::LIBSYSTEMD spdlog::spdlog
  PRIVATE build_flags)
