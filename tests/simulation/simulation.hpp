// SPDX-License-Identifier: MIT
// Plays schedules and judges them: one by its seed, or very many on several threads. A seed that breaks
// something is all that is needed to see it again, with every line of what happened.
#pragma once

#include "tests/simulation/coverage.hpp"
#include "tests/simulation/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace switchback::simulation {

struct Verdict {
  std::vector<std::string> broken;  // promises, one line each
  Ending ending = Ending::broken;
  std::string digest;  // of all that happened: the same for the same seed
};

/// Plays the schedule of `seed`. With `trace`, appends a line for everything that happens.
[[nodiscard]] Verdict play(std::uint64_t seed, Coverage& coverage, const Tampering& tampering = {},
                           std::string* trace = nullptr);

struct Failure {
  std::uint64_t seed = 0;
  std::vector<std::string> broken;
};
struct Run {
  Coverage coverage;
  std::vector<Failure> failures;  // the first few, by seed
  std::uint64_t broken = 0;       // schedules
  double seconds = 0;
};
struct Budget {
  std::uint64_t first_seed = 0;
  std::uint64_t schedules = 0;
  std::chrono::milliseconds time{};  // zero: as long as it takes
  unsigned threads = 1;
  bool stop_at_first = false;
};
[[nodiscard]] Run play_many(const Budget& budget, const Tampering& tampering = {});

/// The schedule, what it broke, and everything that happened in it.
[[nodiscard]] std::string explain(std::uint64_t seed, const Tampering& tampering = {});

}  // namespace switchback::simulation
