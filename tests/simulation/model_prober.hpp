// SPDX-License-Identifier: MIT
// The one check of a simulated host, as its scenario has it behave before the switch and in the trial.
#pragma once

#include "activator/ports/prober.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/schedule.hpp"
#include "tests/support/fakes/fake_loop.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace switchback::simulation {

class ModelProber : public Prober {
 public:
  ModelProber(test::FakeLoop& loop, Random& random, Check check, std::function<bool()> in_trial)
      : loop_(loop), random_(random), check_(check), in_trial_(std::move(in_trial)) {}

  Status can_ask(const CheckPolicy&) override { return {}; }
  std::unique_ptr<Asking> ask(CheckQuery query, std::function<void(CheckTry)> done) override {
    auto token = std::make_unique<Token>();
    const bool hangs = check_ == Check::hangs && in_trial_();
    const auto takes =
        hangs ? query.policy.timeout : std::chrono::milliseconds{random_.pick({1, 20, 20, 300})};
    loop_.put(takes, [this, alive = std::weak_ptr(token->alive), done = std::move(done)] {
      if (!alive.expired()) done(answer());
    });
    return token;
  }
  void abandon() override {}

 private:
  struct Token : Asking {
    std::shared_ptr<int> alive = std::make_shared<int>(0);
  };
  CheckTry answer() {
    const bool trial = in_trial_();
    if (trial) ++tries_;
    if (is_good(trial)) return {CheckAnswer::passed, "it is so", ""};
    return {CheckAnswer::missed, "it is not so", "a line"};
  }
  bool is_good(bool trial) {
    switch (check_) {
      case Check::none:
      case Check::passes:
        return true;
      case Check::mends:
        return trial;
      case Check::fails:
      case Check::hangs:
        return !trial;
      case Check::always_fails:
        return false;
      case Check::breaks:
        return !trial || tries_ <= 4;
      case Check::flaps:
        return random_.chance(60);
    }
    return true;
  }

  test::FakeLoop& loop_;
  Random& random_;
  Check check_;
  std::function<bool()> in_trial_;
  int tries_ = 0;
};

}  // namespace switchback::simulation
