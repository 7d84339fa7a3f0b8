// SPDX-License-Identifier: MIT
// The start of nix-env as a kill point, in the place of the C library's function: see system_calls.cpp.
#include "tests/killpoints/points.hpp"

#include <dlfcn.h>
#include <spawn.h>

#include <cstring>

using switchback::test::Moment;
using switchback::test::reach;

extern "C" {

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const argv[], char* const environment[]) {
  using Spawn = decltype(&posix_spawn);
  static const auto kReal = reinterpret_cast<Spawn>(::dlsym(RTLD_NEXT, "posix_spawn"));
  const auto spawn = [&] { return kReal(pid, path, actions, attributes, argv, environment); };
  if (std::strcmp(std::strrchr(path, '/'), "/nix-env") != 0) return spawn();
  if (const int error = reach("run nix-env", Moment::request); error != 0) return error;
  return spawn();  // no point after it: nix-env's own points come now
}

}  // extern "C"
