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

using Told = std::function<void(const std::string& line)>;

/// Plays the schedule of `seed`; tells a line for everything that happens, if anybody listens.
[[nodiscard]] Verdict play(std::uint64_t seed, Coverage& coverage, const Tampering& tampering = {},
                           const Told& told = {});

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
/// Tells it line by line as it happens; whether nothing was broken.
bool explain(std::uint64_t seed, const Tampering& tampering, const Told& told);

}  // namespace switchback::simulation
