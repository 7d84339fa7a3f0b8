// SPDX-License-Identifier: MIT
// Ends another thread's wait, or a wait from a signal handler: a pipe that poll() sees.
#pragma once

#include "cli/fd.hpp"

#include <chrono>

namespace switchback {

using Clock = std::chrono::steady_clock;

class Waker {
 public:
  Waker();
  /// May be called from a signal handler and from any thread; stays until it is cleared.
  void wake() const;
  void clear() const;
  /// Readable once it was woken.
  [[nodiscard]] int fd() const { return reading_.get(); }
  /// Returns at `deadline`, or earlier when it is woken.
  void sleep_until(Clock::time_point deadline) const;

 private:
  Fd reading_;
  Fd writing_;
};

/// Milliseconds from now until `deadline`, as poll() takes them: rounded up, never negative.
[[nodiscard]] int poll_timeout(Clock::time_point deadline);

}  // namespace switchback
