// SPDX-License-Identifier: MIT
// Durations on the wire are numbers of seconds, everywhere; inside they are std::chrono.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>

namespace switchback {

/// Whole seconds as a whole number, so that documents read well.
[[nodiscard]] inline nlohmann::json to_seconds(std::chrono::milliseconds duration) {
  if (duration.count() % 1000 == 0) return duration.count() / 1000;
  return static_cast<double>(duration.count()) / 1000.0;
}

}  // namespace switchback
