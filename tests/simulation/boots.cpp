// SPDX-License-Identifier: MIT
// How the activator and the host die, and what comes up after it: a part of machine.hpp.
#include "tests/simulation/machine.hpp"

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

void Machine::activator_died(milliseconds until_restart) {
  say([] { return "the activator is dead"; });
  ++deaths_;
  engine_.reset();
  systemd_->watch(nullptr);
  systemd_->bus().hang_up();
  boot_loader_.hang_up();
  deferred_.clear();
  loop_.put(until_restart, [this] { start_activator(); });
  if (confirming_) confirm_until_answered();
}

/// `in_order`: everything was stopped and written before.
void Machine::host_died(bool in_order) {
  say([&] { return in_order ? "the host reboots in order" : "the host is dead, and boots"; });
  ++deaths_;
  ++boots_;
  engine_.reset();
  boot_loader_.hang_up();
  deferred_.clear();
  loop_.forget_everything();
  if (in_order) {
    platter_.sync();
  } else {
    platter_.cut(random_);
    disk_.events.resize(random_.below(disk_.events.size() + 1));
  }
  run_ = test::FakeRun{};
  run_.token = "run-" + std::to_string(boots_);
  run_.current_system = site_.take_boot();
  if (site_.runs_wanted()) new_was_booted_ = true;
  host_.boot_id = "boot-" + std::to_string(boots_);
  host_.soft_reboots = 0;
  clock_.boot();
  make_manager();
  loop_.put(milliseconds{random_.pick({500, 3000})}, [this] { start_activator(); });
  loop_.put(seconds{1}, [this] { tick(); });
  if (confirming_ || confirm_after_ms_ > 0) confirm_until_answered();
}

/// Everything is stopped and started again, by whatever definitions there are; /run stays as it is.
void Machine::soft_reboot() {
  say([] { return "the host is soft-rebooted"; });
  ++deaths_;
  engine_.reset();
  boot_loader_.hang_up();
  deferred_.clear();
  loop_.forget_everything();
  ++host_.soft_reboots;
  make_manager();
  loop_.put(milliseconds{random_.pick({500, 3000})}, [this] { start_activator(); });
  loop_.put(seconds{1}, [this] { tick(); });
  if (state_ == State(AwaitingBoot{}).index()) await_operator();
  if (confirming_ || confirm_after_ms_ > 0) confirm_until_answered();
}

void Machine::bury(const Died& died) {
  if (died.host) return host_died(died.in_order);
  activator_died(milliseconds{random_.pick({100, 100, 2000})});
}

/// A reboot was asked for.
void Machine::go_down() {
  say([] { return "the host is asked to reboot"; });
  const auto how = schedule_.scenario.goes_down;
  if (how == GoesDown::never) return;
  const auto after = how == GoesDown::late ? random_.pick({20'000, 90'000}) : random_.pick({50, 500, 3000});
  loop_.put(milliseconds{after}, [] { throw Died{.host = true, .in_order = true}; });
}

/// Whoever runs the host boots it when they have the time.
void Machine::await_operator() {
  const auto& scenario = schedule_.scenario;
  if (scenario.reboot || scenario.booted_by == Operator::nobody) return;
  const bool in_order = scenario.booted_by == Operator::reboots;
  loop_.put(milliseconds{random_.pick({1000, 8000, 30'000})}, [this, in_order] {
    if (state_ == State(AwaitingBoot{}).index()) throw Died{.host = true, .in_order = in_order};
  });
}

}  // namespace switchback::simulation
