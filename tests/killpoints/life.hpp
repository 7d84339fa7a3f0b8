// SPDX-License-Identifier: MIT
// One life of the activator: the real engine and adapters, on the files of the host, in the process that
// calls.
#pragma once

#include "tests/killpoints/points.hpp"
#include "tests/killpoints/scenario.hpp"

#include <cstdint>
#include <string>

namespace switchback::test {

struct Birth {
  std::string root;       // of the host's files
  std::string programs;   // the directory of nix-env and so on
  int host = -1;          // the socket
  std::int64_t now_ms{};  // CLOCK_BOOTTIME
  bool first = false;     // it is then asked for the scenario's activation
};

/// Ends the process: EXIT_SUCCESS when nothing is left to do, kStuck when something is and nothing will
/// happen.
[[noreturn]] void live(const Scenario& scenario, const Birth& birth, Plan* plan);
inline constexpr int kStuck = 99;

}  // namespace switchback::test
