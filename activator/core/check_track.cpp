// SPDX-License-Identifier: MIT
#include "activator/core/check_track.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace switchback {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  return lines;
}

std::string warning_of(const std::string& name, const CheckTry& failure) {
  return "check " + name + ", which is not required, fails: " + failure.reason;
}

}  // namespace

AskedChecks checks_to_ask(const GatePolicy& policy, const std::set<std::string>& prefailing) {
  AskedChecks asked;
  for (const auto& [name, check] : policy.checks) {
    if (check.side != CheckSide::host) continue;
    auto& added = asked[name] = {check, prefailing.contains(name)};
    if (added.failed_before && policy.prefailing == Prefailing::tolerate) added.policy.required = false;
  }
  return asked;
}

std::string cannot_be_asked(const std::string& name, const std::string& why) {
  return "check " + name + " cannot be asked on this host: " + why;
}

CheckTrack follow(CheckTrack track, CheckTry latest, const CheckPolicy& policy) {
  const bool passed = latest.passed();
  track.passes = passed ? std::min(track.passes + 1, policy.successes) : 0;
  track.misses = passed ? 0 : std::min(track.misses + 1, policy.failures);
  if (track.passes >= policy.successes) track.has_passed = true;
  // What a required one says before it has ever passed is no evidence: it may still be starting.
  const bool fails = track.misses >= policy.failures && (track.has_passed || !policy.required);
  if (fails && !track.failure) track.failure = latest;
  track.last = std::move(latest);
  return track;
}

CheckState state_of(const CheckTrack& track, const CheckPolicy& policy) {
  if (!track.has_passed) return CheckState::pending;
  if (track.misses >= policy.failures) return CheckState::failed;
  return track.passes >= policy.successes ? CheckState::passed : CheckState::missed;
}

std::string told_of(const CheckTry& latest) {
  return latest.output.empty() ? latest.reason : latest.reason + "\n" + latest.output;
}

Cause blame_check(const std::string& name, const AskedCheck& check, const CheckTrack& track) {
  const bool failed = state_of(track, check.policy) == CheckState::failed && track.failure;
  const auto& evidence = failed ? track.failure : track.last;
  auto sentence = "check " + name + ": " + (evidence ? evidence->reason : "it was never answered");
  // Between two tries it may pass, and still not do so as often as it must.
  if (!failed && evidence && evidence->passed())
    sentence += ", but not " + std::to_string(check.policy.successes) + " times in a row";
  if (check.failed_before) sentence += "; it failed before too";
  return {
      std::move(sentence), "", "", {}, evidence ? lines_of(evidence->output) : std::vector<std::string>{}};
}

void judge_checks(const AskedChecks& checks, const std::map<std::string, CheckTrack>& tracks,
                  GateReading& reading) {
  for (const auto& [name, check] : checks) {
    const auto found = tracks.find(name);
    const auto track = found == tracks.end() ? CheckTrack{} : found->second;
    const auto state = state_of(track, check.policy);
    const auto cause = blame_check(name, check, track);
    reading.checks.emplace(
        name, CheckJudgement{state, check.policy.required, !check.policy.required && track.failure, cause});
    if (!check.policy.required) {
      if (track.failure) reading.warnings.push_back(warning_of(name, *track.failure));
      continue;
    }
    if (state == CheckState::failed) reading.causes.push_back(cause);
    if (state == CheckState::pending || state == CheckState::missed) reading.pending.push_back(cause.message);
  }
  if (!reading.causes.empty())
    reading.verdict = UnitVerdict::unhealthy;
  else if (!reading.pending.empty())
    reading.verdict = UnitVerdict::pending;
}

}  // namespace switchback
