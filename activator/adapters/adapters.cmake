add_library(adapters STATIC
  activator_pin.cpp boot_entries.cpp brief_child.cpp bus.cpp bus_dialect.cpp bus_probe.cpp child_process.cpp
  default_boot_entry.cpp durable_file.cpp elf_machine.cpp event_loop.cpp
  file_closures.cpp
  file_record_store.cpp file_unit_copies.cpp host_boot_loader.cpp host_prober.cpp job_batch.cpp job_tracker.cpp
  journal_entries.cpp
  journal_follower.cpp journal_reader.cpp journal_sink.cpp journal_sync.cpp linux_host.cpp manager_relay.cpp
  manager_reload.cpp
  nix_generations.cpp nix_profiles.cpp nixos_state.cpp own_program.cpp system_clock.cpp systemd_units.cpp
  transient_command.cpp transient_programs.cpp transient_run.cpp
  transient_runner.cpp unit_properties.cpp unit_stop.cpp units_of_users.cpp verify_output.cpp)
target_link_libraries(adapters
  PUBLIC ports unit_copies SDBusCpp::sdbus-c++ PkgConfig::LIBSYSTEMD spdlog::spdlog
  PRIVATE build_flags)
