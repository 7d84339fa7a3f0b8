// SPDX-License-Identifier: MIT
#include "activator/engine/gate_watch.hpp"

#include "activator/core/blame.hpp"
#include "activator/core/first_cause.hpp"

#include <algorithm>
#include <utility>

namespace switchback {

GateWatch::GateWatch(Ports ports, Tell tell)
    : ports_(ports),
      tell_(std::move(tell)),
      checks_(ports.prober, ports.timers,
              {[this] { checks_changed(); }, [this](const CheckEvent& event) { tell_.check(event); }}) {}

void GateWatch::open(Expectation expected, AskedChecks checks, std::string activation, bool checks_passed) {
  close();
  open_ = true;
  everything_ = true;
  last_ = {};
  expected_ = std::move(expected);
  watched_ = expected_.touched;
  for (const auto& [unit, state] : expected_.baseline) {
    for (const auto& pattern : expected_.policy.critical) {
      if (state.is_up_or_coming() && matches_glob(pattern, unit.text())) watched_.insert(unit);
    }
  }
  ports_.units.watch(alive_.guard([this](const UnitName* unit) { signalled(unit); }));
  checks_.open(std::move(checks), std::move(activation), checks_passed);
  look();
}

void GateWatch::close() {
  if (open_) ports_.units.watch(nullptr);
  alive_.renew();
  checks_.close();
  open_ = looking_ = everything_ = false;
  signalled_.clear();
  doubtful_.clear();
  now_.clear();
  tracks_.clear();
  told_.clear();
  then_ = nullptr;
  poll_.reset();
  soon_.reset();
}

void GateWatch::look_once_more(std::function<void()> then) {
  then_ = std::move(then);
  everything_ = true;
  look();
}

std::vector<Cause> GateWatch::pending() const {
  std::vector<Cause> causes;
  if (!open_) return causes;
  for (const auto& [unit, judgement] : last_.units) {
    if (judgement.verdict != UnitVerdict::pending) continue;
    causes.push_back(blame(unit, unit.text() + " was not ready: " + judgement.reason, now_.at(unit)));
  }
  first_cause_first(causes, now_);
  for (const auto& [name, judgement] : last_.checks) {
    const bool waited_for = judgement.required && judgement.state != CheckState::passed;
    if (waited_for) causes.push_back(judgement.cause);
  }
  return causes;
}

void GateWatch::signalled(const UnitName* unit) {
  if (unit == nullptr)
    everything_ = true;
  else if (watched_.contains(*unit))
    signalled_.insert(*unit);
  else if (expected_.near.contains(*unit))
    signalled_.insert(*watched_.insert(*unit).first);
  else
    return;  // what nobody touched is seen by the poll
  // From the loop, so that a burst of signals makes one look.
  if (!looking_) soon_ = ports_.timers.arm(std::chrono::milliseconds{0}, alive_.guard([this] { look(); }));
}

/// A failure is one whatever the units do; that all is well is said of what is seen now alone.
void GateWatch::checks_changed() {
  GateReading checks;
  checks_.judge(checks);
  if (checks.verdict == UnitVerdict::unhealthy) return tell(judge(now_, tracks_, expected_));
  if (!looking_) signalled(nullptr);
}

void GateWatch::look() {
  if (!open_ || looking_ || (!everything_ && signalled_.empty())) return;
  looking_ = true;
  soon_.reset();
  const bool rest = std::exchange(everything_, false);
  auto units = rest ? watched_ : signalled_;
  signalled_.clear();
  ports_.units.read(std::move(units), alive_.guard([this, rest](Result<Snapshot> read) {
    if (read)
      take(*read);
    else
      everything_ = rest;  // the poll tries again
    if (read && rest) return look_at_the_rest();
    if (read) return conclude(nullptr);
    looking_ = false;
    arm_poll();
  }));
}

void GateWatch::take(const Snapshot& read) {
  for (const auto& [unit, state] : read) {
    const auto track = tracks_.find(unit);
    tracks_.insert_or_assign(
        unit, follow(track == tracks_.end() ? start_track(unit, state, expected_) : track->second, state));
    now_.insert_or_assign(unit, state);
  }
  expected_.near.merge(units_near(expected_.touched, read));
}

void GateWatch::look_at_the_rest() {
  ports_.units.list_bad(alive_.guard([this](Result<Snapshot> listed) {
    if (!listed) return looked_at_all();
    std::erase_if(now_, [&](const auto& entry) { return !watched_.contains(entry.first); });
    for (const auto& [unit, state] : *listed) {
      if (!watched_.contains(unit)) doubtful_.insert(unit);
    }
    if (doubtful_.empty()) return looked_at_all();
    // The list does not tell why.
    ports_.units.read(doubtful_, alive_.guard([this](Result<Snapshot> read) {
      if (read) take(*read);
      looked_at_all();
    }));
  }));
}

void GateWatch::looked_at_all() {
  conclude([this] {
    if (open_ && then_) std::exchange(then_, nullptr)();
  });
}

/// What a unit has stopped for may have failed before it and be told of after it, since systemd tells the
/// newest first: before somebody is blamed, what could be the reason is looked at.
void GateWatch::conclude(std::function<void()> then) {
  auto end = [this, then = std::move(then)](GateReading reading) {
    looking_ = false;
    tell(std::move(reading));
    if (then) then();
    arm_poll();
  };
  auto reading = judge(now_, tracks_, expected_);
  auto reasons = units_before(reading.causes, now_);
  if (reasons.empty()) return end(std::move(reading));
  ports_.units.read(std::move(reasons), alive_.guard([this, end = std::move(end)](Result<Snapshot> read) {
    if (read) take(*read);
    end(judge(now_, tracks_, expected_));
  }));
}

void GateWatch::tell(GateReading reading) {
  last_ = std::move(reading);
  checks_.judge(last_);
  tell_changes();
  tell_.reading(last_);
}

void GateWatch::arm_poll() {
  if (!open_) return;
  if (everything_ || !signalled_.empty()) {
    const bool failed = everything_ && !then_;
    soon_ = ports_.timers.arm(failed ? std::chrono::milliseconds{200} : std::chrono::milliseconds{0},
                              alive_.guard([this] { look(); }));
  }
  poll_ = ports_.timers.arm(kGatePoll, alive_.guard([this] {
    everything_ = true;
    look();
  }));
}

void GateWatch::tell_changes() {
  for (const auto& [unit, judgement] : last_.units) {
    const auto& state = now_.at(unit);
    const UnitEvent event{unit.text(),      state.active, state.sub, state.result, tracks_.at(unit).flaps(),
                          judgement.verdict};
    const auto before = told_.find(unit);
    const bool same = before != told_.end() && before->second.active == event.active &&
                      before->second.sub == event.sub && before->second.restarts == event.restarts &&
                      before->second.verdict == event.verdict;
    if (same) continue;
    told_.insert_or_assign(unit, event);
    tell_.unit(event);
  }
}

}  // namespace switchback
