// SPDX-License-Identifier: MIT
#include "activator/core/verdict.hpp"

#include "activator/core/blame.hpp"
#include "activator/core/first_cause.hpp"

#include <algorithm>

namespace switchback {
namespace {

bool matches_any(const std::vector<std::string>& patterns, const UnitName& unit) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_glob(pattern, unit.text()); });
}

/// Units that come and go with hardware, logins and processes: no closure is to blame for them.
bool comes_and_goes(const UnitName& unit) {
  return unit.type() == UnitType::scope || unit.type() == UnitType::device || unit.type() == UnitType::slice;
}

bool was_bad(const Expectation& expected, const UnitName& unit) {
  const auto before = expected.baseline.find(unit);
  return before != expected.baseline.end() && is_bad(before->second);
}

bool was_up(const Expectation& expected, const UnitName& unit) {
  const auto before = expected.baseline.find(unit);
  return before != expected.baseline.end() && before->second.is_up_or_coming();
}

/// Whether a unit that restarts now did so already before anything was changed: it had been restarted then,
/// and did not run for long after that.
bool flapped_before(const UnitName& unit, const UnitTrack& track, const Expectation& expected) {
  constexpr std::uint64_t kRunsWell = 60'000'000;
  const auto before = expected.baseline.find(unit);
  if (before == expected.baseline.end() || before->second.restarts == 0 || track.bad_since_us == 0)
    return false;
  return track.bad_since_us < before->second.changed_us + kRunsWell;
}

bool is_skipped(const UnitSnapshot& now) { return !now.condition || now.result == "exec-condition"; }

bool flaps_too_often(const UnitTrack& track, const UnitSnapshot& now, std::uint32_t limit) {
  return track.flaps() >= limit && now.active != "failed";
}

UnitJudgement flapping(const UnitTrack& track, const UnitSnapshot& now) {
  const auto* bad = is_bad(now) ? &now : track.bad ? &*track.bad : nullptr;
  return {UnitVerdict::unhealthy, "was restarted " + std::to_string(track.flaps()) +
                                      (track.flaps() == 1 ? " time" : " times") +
                                      (bad == nullptr ? "" : " after it " + end_in_words(*bad))};
}

/// Failed for now, and about to be started: somebody restarts it, and its end was not a clean one.
UnitJudgement judge_failed(const UnitSnapshot& now) {
  if (now.has_job) return {UnitVerdict::pending, "is being started again"};
  return {UnitVerdict::unhealthy, end_in_words(now)};
}

UnitJudgement judge_inactive(const UnitSnapshot& now, bool critical) {
  if (now.has_job) return {UnitVerdict::pending, "waits for its job"};
  if (is_skipped(now)) {
    return critical ? UnitJudgement{UnitVerdict::unhealthy, "was skipped: a condition of it is not met"}
                    : UnitJudgement{UnitVerdict::healthy, "skipped, a condition of it is not met"};
  }
  const bool ran = !now.invocation.empty();
  if (now.service_type == "oneshot" && now.result == "success" && ran) {
    return {UnitVerdict::healthy, "ran to its end"};
  }
  if (!now.triggered_by.empty()) return {UnitVerdict::healthy, "started by " + now.triggered_by.front()};
  if (!ran) return {UnitVerdict::unhealthy, "does not run"};
  return {UnitVerdict::unhealthy, "has stopped: it " + end_in_words(now)};
}

UnitJudgement judge_running(const UnitSnapshot& now, bool must_run, bool critical) {
  if (now.auto_restarting()) return {UnitVerdict::pending, "restarts after it " + end_in_words(now)};
  if (now.active == "failed") return judge_failed(now);
  if (now.frozen) return {UnitVerdict::pending, "is frozen"};
  if (now.active == "active") return {UnitVerdict::healthy, now.sub};
  if (now.active != "inactive") return {UnitVerdict::pending, now.active};
  if (!must_run) return {UnitVerdict::healthy, "does not run"};
  return judge_inactive(now, critical);
}

UnitJudgement judge_unloaded(const UnitSnapshot& now, bool must_run) {
  if (now.is_up_or_coming()) return {UnitVerdict::unhealthy, "still runs, although its definition is gone"};
  if (now.active == "deactivating") return {UnitVerdict::pending, "is being stopped"};
  return {must_run ? UnitVerdict::unhealthy : UnitVerdict::ignored, "is not there"};
}

/// Nothing was asked of it: only what newly goes wrong with it counts.
UnitJudgement judge_near(const UnitName& unit, const UnitSnapshot& now, const UnitTrack& track,
                         const Expectation& expected) {
  if (now.load != "loaded") return {UnitVerdict::ignored, now.load};
  if (flapped_before(unit, track, expected)) return {UnitVerdict::ignored, "was restarted before, too"};
  if (flaps_too_often(track, now, static_cast<std::uint32_t>(expected.policy.flap_limit)))
    return flapping(track, now);
  if (now.auto_restarting()) return {UnitVerdict::pending, "restarts after it " + end_in_words(now)};
  if (now.active == "failed") return judge_failed(now);
  // What a timer or traffic has started may run as long as it likes.
  const bool starts = now.active == "activating" && now.triggered_by.empty() && !was_up(expected, unit);
  return {starts ? UnitVerdict::pending : UnitVerdict::healthy, now.active};
}

Cause cause_of(const UnitName& unit, const UnitJudgement& judgement, const UnitSnapshot& now,
               const UnitTrack& track) {
  const bool runs_again = track.flaps() > 0 && !is_bad(now) && track.bad;
  auto cause = blame(unit, unit.text() + " " + judgement.reason, runs_again ? *track.bad : now);
  cause.restarts = track.flaps();
  // The run that is under way now may be the next one.
  if (!track.broken.empty() || track.flaps() > 0) cause.invocation = track.broken;
  return cause;
}

bool is_watched(const UnitName& unit, const Expectation& expected) {
  return expected.touched.contains(unit) ||
         (matches_any(expected.policy.critical, unit) && was_up(expected, unit));
}

class Judging {
 public:
  Judging(const Snapshot& now, const std::map<UnitName, UnitTrack>& tracks, const Expectation& expected)
      : now_(now), tracks_(tracks), expected_(expected) {}

  GateReading judge() {
    for (const auto& [unit, state] : now_) {
      if (is_watched(unit, expected_) || expected_.near.contains(unit))
        judge_own(unit, state);
      else
        judge_other(unit, state);
    }
    if (!reading_.causes.empty()) blame_what_restarts();
    first_cause_first(reading_.causes, now_);
    if (!reading_.causes.empty())
      reading_.verdict = UnitVerdict::unhealthy;
    else if (!reading_.pending.empty())
      reading_.verdict = UnitVerdict::pending;
    else
      reading_.verdict = UnitVerdict::healthy;
    return std::move(reading_);
  }

 private:
  UnitTrack track(const UnitName& unit, const UnitSnapshot& state) const {
    const auto known = tracks_.find(unit);
    return known == tracks_.end() ? start_track(unit, state, expected_) : known->second;
  }

  void judge_own(const UnitName& unit, const UnitSnapshot& state) {
    const auto judgement = judge_unit(unit, state, track(unit, state), expected_);
    if (judgement.verdict == UnitVerdict::unhealthy)
      reading_.causes.push_back(cause_of(unit, judgement, state, track(unit, state)));
    if (judgement.verdict == UnitVerdict::pending) {
      reading_.pending.push_back(unit.text() + " (" + judgement.reason + ")");
    }
    reading_.units.emplace(unit, judgement);
  }

  void judge_other(const UnitName& unit, const UnitSnapshot& state) {
    if (comes_and_goes(unit) || was_bad(expected_, unit) || may_fail(expected_.policy, unit)) return;
    const auto seen = track(unit, state);
    const bool flaps = seen.first == 0 &&
                       flaps_too_often(seen, state, static_cast<std::uint32_t>(expected_.policy.flap_limit));
    if (!flaps && (state.active != "failed" || state.has_job)) return;
    const auto judgement = flaps ? flapping(seen, state) : judge_failed(state);
    auto cause = cause_of(unit, judgement, state, seen);
    if (expected_.booted) {
      reading_.causes.push_back(std::move(cause));
      return;
    }
    cause.message = unit.text() + ", which this activation did not touch, " +
                    (flaps ? "fails: it " : "failed: it ") + judgement.reason;
    cause.other = true;
    if (expected_.policy.strict || expected_.reverting)
      reading_.causes.push_back(std::move(cause));
    else
      reading_.warnings.push_back(std::move(cause.message));
  }

  /// What restarts is only waited for, but it is what something else has failed for.
  void blame_what_restarts() {
    const auto failed = reading_.causes;
    for (const auto& [unit, judgement] : reading_.units) {
      const auto& state = now_.at(unit);
      if (judgement.verdict != UnitVerdict::pending || !state.auto_restarting()) continue;
      const bool explains = std::any_of(failed.begin(), failed.end(), [&, &unit = unit](const Cause& cause) {
        const auto other = UnitName::parse_any(cause.unit);
        return other && comes_before(unit, state, *other, now_.at(*other));
      });
      if (explains) reading_.causes.push_back(cause_of(unit, judgement, state, track(unit, state)));
    }
  }

  const Snapshot& now_;
  const std::map<UnitName, UnitTrack>& tracks_;
  const Expectation& expected_;
  GateReading reading_;
};

}  // namespace

bool may_fail(const GatePolicy& policy, const UnitName& unit) {
  return matches_any(policy.expect_failed, unit) ||
         (matches_any(policy.ignore, unit) && !matches_any(policy.critical, unit));
}

std::set<UnitName> units_near(const std::set<UnitName>& touched, const Snapshot& now) {
  std::set<UnitName> near;
  for (const auto& unit : touched) {
    const auto state = now.find(unit);
    if (state == now.end()) continue;
    for (const auto* names : {&state->second.triggers, &state->second.dependents}) {
      for (const auto& name : *names) {
        auto other = UnitName::parse_any(name);
        if (other && !comes_and_goes(*other) && !touched.contains(*other)) near.insert(std::move(*other));
      }
    }
  }
  return near;
}

UnitTrack start_track(const UnitName& unit, const UnitSnapshot& now, const Expectation& expected) {
  UnitTrack track;
  const bool came_up =
      !expected.touched.contains(unit) && expected.baseline.find(unit) == expected.baseline.end();
  const bool anew = expected.booted || expected.started.contains(unit) || came_up;
  if (!anew) track.first = now.restarts;
  track.last = track.first;
  return follow(std::move(track), now);
}

UnitTrack follow(UnitTrack track, const UnitSnapshot& now) {
  if (now.restarts < track.last) {
    track.earlier = track.flaps();
    track.first = 0;
  }
  if (is_bad(now) && track.bad_since_us == 0) track.bad_since_us = now.changed_us;
  if (is_bad(now)) {
    track.broken = now.invocation;
    track.bad = now;
  } else if (now.restarts > track.last && track.invocation != now.invocation) {
    track.broken = track.invocation;
  }
  track.last = now.restarts;
  track.invocation = now.invocation;
  return track;
}

UnitJudgement judge_unit(const UnitName& unit, const UnitSnapshot& now, const UnitTrack& track,
                         const Expectation& expected) {
  const bool critical = matches_any(expected.policy.critical, unit);
  if (!critical && matches_any(expected.policy.ignore, unit)) return {UnitVerdict::ignored, "ignored"};
  if (was_bad(expected, unit) && (expected.reverting || !expected.touched.contains(unit)))
    return {UnitVerdict::ignored, "was bad before"};
  if (now.load == "masked") return {UnitVerdict::ignored, "masked"};
  if (matches_any(expected.policy.expect_failed, unit) && now.active == "failed") {
    return {UnitVerdict::healthy, "failed, as expected"};
  }
  if (!is_watched(unit, expected)) return judge_near(unit, now, track, expected);
  const bool must_run = expected.must_run.contains(unit) || (critical && was_up(expected, unit));
  if (now.load == "not-found") return judge_unloaded(now, must_run);
  if (now.load != "loaded") return {UnitVerdict::unhealthy, end_in_words(now)};
  if (flaps_too_often(track, now, static_cast<std::uint32_t>(critical ? 1 : expected.policy.flap_limit)))
    return flapping(track, now);
  if (expected.reloaded.contains(unit) && !now.reload_result.empty() && now.reload_result != "success" &&
      now.active == "active")
    return {UnitVerdict::unhealthy, "could not be reloaded: it " + reload_in_words(now)};
  return judge_running(now, must_run, critical);
}

GateReading judge(const Snapshot& now, const std::map<UnitName, UnitTrack>& tracks,
                  const Expectation& expected) {
  return Judging(now, tracks, expected).judge();
}

}  // namespace switchback
