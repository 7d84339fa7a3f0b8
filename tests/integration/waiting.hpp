// SPDX-License-Identifier: MIT
// Waiting for something to happen on an event loop: each wait has a deadline, and fails the test at it.
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace switchback::test {

/// Turns `loop` until `happened`.
template <class Predicate>
void run_until(EventLoop& loop, const std::string& what, Predicate happened,
               std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!happened()) {
    if (std::chrono::steady_clock::now() > until) FAIL("waited in vain for " << what);
    loop.turn(std::chrono::milliseconds(20));
  }
}

/// Turns `loop` for `duration`: only to see that something does not happen.
inline void run_for(EventLoop& loop, std::chrono::milliseconds duration) {
  bool over = false;
  const auto timer = loop.arm(duration, [&] { over = true; });
  run_until(
      loop, "the time to pass", [&] { return over; }, duration + std::chrono::seconds(20));
}

/// What a callback was called with, and how often.
template <class T>
class Answer {
 public:
  [[nodiscard]] auto callback() {
    return [this](T value) {
      ++count_;
      value_ = std::move(value);
    };
  }
  [[nodiscard]] bool arrived() const { return value_.has_value(); }
  [[nodiscard]] int count() const { return count_; }
  const T& await(EventLoop& loop, const std::string& what = "an answer") {
    run_until(loop, what, [this] { return arrived(); });
    return *value_;
  }

 private:
  std::optional<T> value_;
  int count_ = 0;
};

}  // namespace switchback::test
