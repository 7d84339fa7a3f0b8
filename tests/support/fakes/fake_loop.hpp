// SPDX-License-Identifier: MIT
// Time that passes only when a test says so: clock, timers and posted callbacks in one queue, in a fixed
// order.
#pragma once

#include "activator/ports/host.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace switchback::test {

class FakeLoop : public Timers, public Clock {
 public:
  [[nodiscard]] std::int64_t boottime_ms() override { return now_ms_; }
  [[nodiscard]] std::int64_t realtime_ms() override { return 1'700'000'000'000 + now_ms_; }

  [[nodiscard]] std::unique_ptr<Timer> arm(std::chrono::milliseconds after,
                                           std::function<void()> elapsed) override {
    auto alive = std::make_shared<bool>(true);
    put(after, [alive, elapsed = std::move(elapsed)] {
      if (*alive) elapsed();
    });
    return std::make_unique<Armed>(alive);
  }
  void post(std::function<void()> body) { put(std::chrono::milliseconds{0}, std::move(body)); }
  /// Runs `body` after `after`, whoever lives then.
  void put(std::chrono::milliseconds after, std::function<void()> body) {
    const auto order = tie_break ? tie_break() : 0;
    queue_.emplace(std::tuple{now_ms_ + after.count(), order, next_++}, std::move(body));
  }

  /// Runs what is due until `done`, or until `limit` of the world's time has passed; whether it was done.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::hours{2}) {
    const auto end = now_ms_ + limit.count();
    while (!done()) {
      if (queue_.empty() || std::get<0>(queue_.begin()->first) > end) return false;
      auto first = queue_.extract(queue_.begin());
      now_ms_ = std::max(now_ms_, std::get<0>(first.key()));
      first.mapped()();
    }
    return true;
  }
  /// Lets `duration` pass.
  void pass(std::chrono::milliseconds duration) {
    const auto end = now_ms_ + duration.count();
    (void)run_until([] { return false; }, duration);
    now_ms_ = end;
  }
  /// Everybody who waits is gone, as after a crash.
  void forget_everything() { queue_.clear(); }

  /// Which of those that are due at the same time comes first; as they were put when absent.
  std::function<std::uint64_t()> tie_break;

 private:
  struct Armed : Timer {
    explicit Armed(std::shared_ptr<bool> alive_flag) : alive(std::move(alive_flag)) {}
    Armed(const Armed&) = delete;
    Armed& operator=(const Armed&) = delete;
    ~Armed() override { *alive = false; }
    std::shared_ptr<bool> alive;
  };
  std::int64_t now_ms_ = 1000;
  std::uint64_t next_ = 0;
  std::map<std::tuple<std::int64_t, std::uint64_t, std::uint64_t>, std::function<void()>> queue_;
};

}  // namespace switchback::test
