add_library(adapters STATIC
  durable_file.cpp event_loop.cpp file_record_store.cpp system_clock.cpp)
target_link_libraries(adapters
  PUBLIC ports SDBusCpp::sdbus-c++ PkgConfig::LIBSYSTEMD spdlog::spdlog
  PRIVATE build_flags)
