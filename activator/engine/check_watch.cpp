// SPDX-License-Identifier: MIT
#include "activator/engine/check_watch.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

// Whatever the interval says: a check that answers at once must not keep the host busy.
constexpr std::chrono::milliseconds kShortestPause{100};
// Of one check, with what it said; a flapping one would fill the log.
constexpr int kMostOutputs = 20;

}  // namespace

void CheckWatch::open(AskedChecks checks, std::string activation, bool passed) {
  close();
  checks_ = std::move(checks);
  activation_ = std::move(activation);
  for (const auto& [name, check] : checks_) {
    tracks_[name].has_passed = passed && check.policy.required;
    ask(name);
  }
}

void CheckWatch::close() {
  alive_.renew();
  running_.clear();
  checks_.clear();
  tracks_.clear();
  told_.clear();
}

void CheckWatch::ask(std::string name) {
  auto& running = running_[name];
  running.pause.reset();
  running.asking =
      prober_.ask({name, checks_.at(name).policy, activation_},
                  alive_.guard([this, name](CheckTry latest) { answered(name, std::move(latest)); }));
}

void CheckWatch::answered(const std::string& name, CheckTry latest) {
  const auto& policy = checks_.at(name).policy;
  auto& track = tracks_[name];
  const auto before = state_of(track, policy);
  const bool first = !track.last;
  const bool had_failed = track.failure.has_value();
  track = follow(std::move(track), std::move(latest), policy);
  const auto state = state_of(track, policy);
  auto& running = running_[name];
  running.asking.reset();
  running.pause = timers_.arm(std::max(policy.interval, kShortestPause),
                              alive_.guard([this, name = name] { ask(name); }));
  if (state != before || (first && state == CheckState::pending)) {
    const bool whole = ++told_[name] <= kMostOutputs;
    tell_.event({name, state, whole ? told_of(*track.last) : track.last->reason});
  }
  // Last: the gate may be closed by what follows.
  if (state != before || track.failure.has_value() != had_failed) tell_.changed();
}

}  // namespace switchback
