// SPDX-License-Identifier: MIT
// The way between the activator and PID 1 as the adapter promises it: calls wait for a bus that is away, give
// up in the end, and are answered once. Signals may be lost, doubled, late and out of order.
#pragma once

#include "tests/simulation/faults.hpp"
#include "tests/simulation/random.hpp"
#include "tests/support/fakes/fake_loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace switchback::simulation {

class ModelBus {
 public:
  ModelBus(test::FakeLoop& loop, Random& random) : loop_(loop), random_(random) {}

  /// PID 1 cannot be reached for so long.
  void lose(std::chrono::milliseconds duration);
  /// It is away for so long at most.
  void return_within(std::chrono::milliseconds duration);
  [[nodiscard]] bool is_away() { return loop_.boottime_ms() < back_ms_; }
  [[nodiscard]] std::int64_t back_ms() const { return back_ms_; }
  /// The activator has died: what it had not sent is not sent any more, and nobody is answered.
  void hang_up() { ++caller_; }
  /// For so long, signals suffer this.
  void upset_signals(Fault how, std::chrono::milliseconds duration);

  /// Calls `arrived` when the bus has taken it there, `lost` when it was away for `patience`.
  void carry(std::chrono::milliseconds patience, std::function<void()> arrived, std::function<void()> lost);
  /// Tells of something, if it can be heard.
  void signal(const std::function<void()>& heard);
  /// How much later than it happened the end of a job is noticed.
  [[nodiscard]] std::chrono::milliseconds job_notice();
  [[nodiscard]] std::chrono::milliseconds latency();

 private:
  struct Call {
    std::uint64_t caller = 0;
    std::int64_t give_up_ms = 0;
    std::function<void()> arrived, lost;
  };
  void attempt(const std::shared_ptr<Call>& call);

  test::FakeLoop& loop_;
  Random& random_;
  std::int64_t back_ms_ = 0;
  std::uint64_t caller_ = 0;
  std::optional<Fault> mood_;
  std::int64_t mood_until_ms_ = 0;
  std::function<void()> held_;
};

}  // namespace switchback::simulation
