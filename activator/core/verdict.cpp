// SPDX-License-Identifier: MIT
#include "activator/core/verdict.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

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

UnitJudgement judge_inactive(const UnitSnapshot& now, bool critical) {
  if (now.has_job) return {UnitVerdict::pending, "waits for its job"};
  if (!now.condition) {
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
  if (now.active == "failed") return {UnitVerdict::unhealthy, end_in_words(now)};
  if (now.auto_restarting()) return {UnitVerdict::pending, "restarts after it " + end_in_words(now)};
  if (now.active == "active") return {UnitVerdict::healthy, now.sub};
  if (now.active != "inactive") return {UnitVerdict::pending, now.active};
  if (!must_run) return {UnitVerdict::healthy, "does not run"};
  return judge_inactive(now, critical);
}

Cause cause_of(const UnitName& unit, const UnitJudgement& judgement, const UnitSnapshot& now) {
  Cause cause{unit.text() + " " + judgement.reason, unit.text(), now.result, std::nullopt, {}};
  if (now.exec_code != 0) cause.exit_status = now.exec_status;
  return cause;
}

/// What broke by itself comes before what stopped or never ran, which is often only its consequence.
void first_cause_first(std::vector<Cause>& causes) {
  std::stable_partition(causes.begin(), causes.end(), [](const Cause& cause) {
    return !cause.result.empty() && cause.result != "success";
  });
}

bool is_judged(const UnitName& unit, const Expectation& expected) {
  return expected.touched.contains(unit) ||
         (matches_any(expected.policy.critical, unit) && was_up(expected, unit));
}

void judge_others(const Snapshot& now, const Expectation& expected, GateReading& reading) {
  for (const auto& [unit, state] : now) {
    if (is_judged(unit, expected) || comes_and_goes(unit) || state.active != "failed" ||
        was_bad(expected, unit)) {
      continue;
    }
    if (matches_any(expected.policy.ignore, unit) || matches_any(expected.policy.expect_failed, unit))
      continue;
    const auto judgement = UnitJudgement{UnitVerdict::unhealthy, end_in_words(state)};
    if (expected.policy.strict || expected.reverting) {
      reading.causes.push_back(cause_of(unit, judgement, state));
    } else {
      reading.warnings.push_back(unit.text() + ", which this activation did not touch, failed: it " +
                                 judgement.reason);
    }
  }
}

std::string exit_status_in_words(std::int32_t status) {
  // Source: systemd.exec(5), «Process Exit Codes».
  constexpr std::pair<std::int32_t, const char*> kNames[] = {
      {200, "CHDIR"}, {203, "EXEC"},      {208, "STDIN"},           {209, "STDOUT"},     {216, "GROUP"},
      {217, "USER"},  {226, "NAMESPACE"}, {238, "STATE_DIRECTORY"}, {243, "CREDENTIALS"}};
  for (const auto& [number, name] : kNames) {
    if (number == status) return std::to_string(status) + "/" + name;
  }
  return std::to_string(status);
}

std::string signal_in_words(std::int32_t number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number) : "SIG" + std::string(name);
}

}  // namespace

bool is_bad(const UnitSnapshot& unit) { return unit.active == "failed" || unit.auto_restarting(); }

std::string end_in_words(const UnitSnapshot& unit) {
  if (unit.load == "bad-setting" || unit.load == "error") return "could not be loaded (" + unit.load + ")";
  if (unit.result == "exit-code") return "exited with status " + exit_status_in_words(unit.exec_status);
  if (unit.result == "signal") return "was killed by " + signal_in_words(unit.exec_status);
  if (unit.result == "core-dump") return "crashed with " + signal_in_words(unit.exec_status);
  if (unit.result == "timeout") return "timed out";
  if (unit.result == "watchdog") return "missed its watchdog";
  if (unit.result == "oom-kill") return "was killed for want of memory";
  if (unit.result == "start-limit-hit") return "was started too often (start-limit-hit)";
  if (unit.result == "protocol") return "ended without telling that it was ready (protocol)";
  if (unit.result == "success" || unit.result.empty()) {
    return unit.active == "failed" ? "failed" : "ended without an error";
  }
  return "failed (" + unit.result + ")";
}

UnitTrack start_track(const UnitName& unit, const UnitSnapshot& now, const Expectation& expected) {
  return {expected.started.contains(unit) ? 0 : now.restarts, now.restarts, 0};
}

UnitTrack follow(UnitTrack track, const UnitSnapshot& now) {
  if (now.restarts < track.last) {
    track.earlier = track.flaps();
    track.first = 0;
  }
  track.last = now.restarts;
  return track;
}

UnitJudgement judge_unit(const UnitName& unit, const UnitSnapshot& now, const UnitTrack& track,
                         const Expectation& expected) {
  const bool critical = matches_any(expected.policy.critical, unit);
  if (!critical && matches_any(expected.policy.ignore, unit)) return {UnitVerdict::ignored, "ignored"};
  if (expected.reverting && was_bad(expected, unit)) return {UnitVerdict::ignored, "was bad before"};
  if (!expected.touched.contains(unit) && was_bad(expected, unit))
    return {UnitVerdict::ignored, "was bad before"};
  if (now.load == "masked") return {UnitVerdict::ignored, "masked"};
  const bool must_run = expected.must_run.contains(unit) || (critical && was_up(expected, unit));
  if (now.load == "not-found" && now.is_up_or_coming())
    return {UnitVerdict::unhealthy, "still runs, although its definition is gone"};
  if (now.load == "not-found" && now.active == "deactivating")
    return {UnitVerdict::pending, "is being stopped"};
  if (now.load == "not-found") {
    return must_run ? UnitJudgement{UnitVerdict::unhealthy, "is not there"}
                    : UnitJudgement{UnitVerdict::ignored, "is not there"};
  }
  if (now.load != "loaded") return {UnitVerdict::unhealthy, end_in_words(now)};
  if (matches_any(expected.policy.expect_failed, unit) && now.active == "failed") {
    return {UnitVerdict::healthy, "failed, as expected"};
  }
  const auto limit = static_cast<std::uint32_t>(critical ? 1 : expected.policy.flap_limit);
  if (track.flaps() >= limit && now.active != "failed") {
    return {UnitVerdict::unhealthy, "was restarted " + std::to_string(track.flaps()) +
                                        (track.flaps() == 1 ? " time" : " times") + " after it " +
                                        end_in_words(now)};
  }
  return judge_running(now, must_run, critical);
}

GateReading judge(const Snapshot& now, const std::map<UnitName, UnitTrack>& tracks,
                  const Expectation& expected) {
  GateReading reading;
  for (const auto& [unit, state] : now) {
    if (!is_judged(unit, expected)) continue;
    const auto track = tracks.find(unit);
    const auto judgement = judge_unit(
        unit, state, track == tracks.end() ? start_track(unit, state, expected) : track->second, expected);
    if (judgement.verdict == UnitVerdict::unhealthy)
      reading.causes.push_back(cause_of(unit, judgement, state));
    if (judgement.verdict == UnitVerdict::pending) {
      reading.pending.push_back(unit.text() + " (" + judgement.reason + ")");
    }
    reading.units.emplace(unit, judgement);
  }
  judge_others(now, expected, reading);
  first_cause_first(reading.causes);
  if (!reading.causes.empty())
    reading.verdict = UnitVerdict::unhealthy;
  else if (!reading.pending.empty())
    reading.verdict = UnitVerdict::pending;
  else
    reading.verdict = UnitVerdict::healthy;
  return reading;
}

}  // namespace switchback
