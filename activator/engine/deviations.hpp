// SPDX-License-Identifier: MIT
// Looks, once all that was planned is done, at what did happen, and tells the difference
// (core/deviation.hpp). Waits for nothing and delays nothing: what cannot be read then is not told.
#pragma once

#include "activator/core/deviation.hpp"
#include "activator/core/record.hpp"
#include "activator/engine/alive.hpp"
#include "activator/engine/ports.hpp"

#include <functional>
#include <optional>

namespace switchback {

class Deviations {
 public:
  Deviations(Ports ports, std::function<void(const DeviationEvent&)> tell)
      : ports_(ports), tell_(std::move(tell)) {}

  /// Switching begins.
  void begin();
  /// It has ended, as was planned or not. Tells from the loop.
  void compare(const Record& record);
  /// Nothing is told any more.
  void end();

 private:
  Ports ports_;
  std::function<void(const DeviationEvent&)> tell_;
  Alive alive_;
  std::optional<std::int64_t>
      begun_ms_;  // none after a restart of ours: what happened before it was not seen
};

}  // namespace switchback
