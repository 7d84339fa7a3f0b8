// SPDX-License-Identifier: MIT
// What the pusher asks of the activator, and does not stop asking until it is answered: a part of
// machine.hpp.
#include "tests/simulation/machine.hpp"

#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kAskAgain{500};
constexpr int kMostAttempts = 200;

template <class S>
constexpr std::size_t index_of() {
  return State(S{}).index();
}

}  // namespace

void Machine::push() {
  const auto& scenario = schedule_.scenario;
  ActivateRequest request{.id = id_, .changes = site_.changes(), .gate = {}, .note = {}};
  request.mode = scenario.mode;
  request.confirm = scenario.confirm;
  request.gate.soak = scenario.soak;
  request.gate.deadline = seconds{40};
  request.gate.strict = scenario.strict;
  request.activation_timeout = seconds{30};
  request.confirm_timeout = scenario.confirm == ConfirmMode::manual ? seconds{30} : seconds{10};
  request.test_for = seconds{5};
  request.reboot = scenario.reboot;
  request.boot_within = seconds{45};
  request.auto_rollback = scenario.auto_rollback;
  request.gate.prefailing = scenario.prefailing;
  if (scenario.check != Check::none) {
    CheckPolicy check{.question = ExecCheck{{"/bin/check"}, ""}, .required = scenario.check_is_required};
    check.timeout = seconds{1};
    check.interval = milliseconds{700};
    request.gate.checks.emplace("check", check);
  }
  asked_ = true;
  begun_ms_ = loop_.boottime_ms();
  state_ = index_of<Preparing>();
  points_ = 0;
  const auto accepted = engine_->activate(std::move(request), "root");
  if (!accepted) say([&] { return "not accepted: " + accepted.error().message; });
}

void Machine::plan_confirm(std::size_t before, std::size_t after) {
  const auto& scenario = schedule_.scenario;
  if (before == after || (scenario.mode != Mode::switch_now && scenario.mode != Mode::boot) ||
      confirm_after_ms_ > 0)
    return;
  const bool awaited = after == index_of<AwaitingConfirmation>();
  const bool observed = after == index_of<Observing>();
  switch (scenario.pusher) {
    case Pusher::never:
      return;
    case Pusher::early:
      if (!observed) return;
      confirm_after_ms_ = random_.pick({1, 500, 2000});
      break;
    case Pusher::prompt:
      if (!awaited) return;
      confirm_after_ms_ =
          random_.pick({1, 50, 2000, scenario.confirm == ConfirmMode::manual ? 15'000 : 8000});
      break;
    case Pusher::late:
      if (!awaited) return;
      confirm_after_ms_ = scenario.confirm == ConfirmMode::manual ? 30'500 : 10'500;
      break;
  }
  confirming_ = true;
  confirm_attempts_ = 0;
  loop_.put(milliseconds{confirm_after_ms_}, [this] {
    if (confirming_) ask(id_, clock_.boottime_ms(), /*by_pusher=*/true);
  });
}

void Machine::confirm_until_answered() {
  if (!confirming_) return;
  if (++confirm_attempts_ > kMostAttempts) {
    confirming_ = false;
    return;
  }
  loop_.put(kAskAgain, [this] {
    if (!confirming_) return;
    if (!engine_) return confirm_until_answered();
    ask(id_, clock_.boottime_ms(), /*by_pusher=*/true);
  });
}

void Machine::ask(const ActivationId& id, std::int64_t connected_ms, bool by_pusher) {
  if (!engine_) {
    if (by_pusher) confirm_until_answered();
    return;
  }
  const bool heard = state_ == index_of<Observing>() || state_ == index_of<AwaitingConfirmation>();
  if (heard && id == id_ && connected_ms >= switched_ms_) confirmed_in_time_ = true;
  say([&] { return std::string("a confirm") + (by_pusher ? "" : ", by the way"); });
  engine_->confirm({id}, connected_ms, [this, by_pusher](const Result<ActivationStatus>& status) {
    answered(status, by_pusher);
  });
}

void Machine::answered(const Result<ActivationStatus>& status, bool by_pusher) {
  say([&] {
    return "the confirm is answered: " + (status ? std::string(text(status->phase)) : status.error().message);
  });
  if (by_pusher) confirming_ = false;
  if (!status || !status->outcome) return;
  answered_committed_ = answered_committed_ || is_committed(status->outcome->outcome);
  const auto durable = outcome();
  const bool on_disk = durable && is_committed(*durable) && platter_.is_synced("record");
  durable_when_answered_ = durable_when_answered_ && on_disk;
}

void Machine::cancel() {
  if (!engine_) return;
  const auto status = engine_->cancel({id_, "by hand"});
  say([&] { return "cancelled: " + (status ? std::string(text(status->phase)) : status.error().message); });
}

}  // namespace switchback::simulation
