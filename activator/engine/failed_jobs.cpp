// SPDX-License-Identifier: MIT
#include "activator/engine/failed_jobs.hpp"

#include "activator/core/blame.hpp"
#include "activator/core/first_cause.hpp"
#include "activator/core/verdict.hpp"

#include <algorithm>

namespace switchback {
namespace {

std::string_view participle(JobVerb verb) {
  switch (verb) {
    case JobVerb::stop:
      return "stopped";
    case JobVerb::start:
      return "started";
    case JobVerb::restart:
      return "restarted";
    case JobVerb::reload:
      return "reloaded";
  }
  return "changed";
}

std::string could_not(JobVerb verb, const UnitName& unit) {
  return unit.text() + " could not be " + std::string(participle(verb));
}

bool starts(JobVerb verb) { return verb == JobVerb::start || verb == JobVerb::restart; }

bool has_failed(const UnitSnapshot& state) { return !state.result.empty() && state.result != "success"; }

/// Why a job ended without success although nothing is wrong with its unit.
std::string job_in_words(const std::string& result) {
  if (result == "dependency") return "what it requires is not there";
  if (result == "assert") return "an assertion of it is not met";
  if (result == "timeout") return "its job took too long";
  if (result == "unsupported") return "this host does not support units of its type";
  if (result == "canceled") return "its job was cancelled by somebody";
  return "its job ended as «" + result + "»";
}

Cause cause_of(JobVerb verb, const JobResult& job, const UnitSnapshot* state) {
  if (state == nullptr || !job.error.empty()) {
    return Cause{what_happened(verb, job), job.unit.text(), job.result, std::nullopt, {}};
  }
  const bool of_unit = job.result == "failed" || job.result == "timeout";
  if (of_unit && verb == JobVerb::reload) {
    auto cause = blame(job.unit, could_not(verb, job.unit) + ": it " + reload_in_words(*state), *state);
    if (state->active != "active" && state->active != "reloading") return cause;
    cause.result = job.result;
    cause.hint = "it runs on with what it had: its own words say what it did not like";
    return cause;
  }
  if (of_unit && has_failed(*state))
    return blame(job.unit, could_not(verb, job.unit) + ": it " + end_in_words(*state), *state);
  auto cause = blame(job.unit, what_happened(verb, job), *state);
  cause.result = job.result;
  cause.hint = hint_for_job(job.result);
  return cause;
}

/// What is wrong with a unit that others wanted, and that nobody had a job for.
void blame_required(std::vector<Cause>& causes, const Snapshot& now) {
  const auto blamed = [&](const UnitName& unit) {
    return std::any_of(causes.begin(), causes.end(),
                       [&](const Cause& cause) { return cause.unit == unit.text(); });
  };
  std::vector<Cause> required;
  for (const auto& [unit, state] : now) {
    if (!is_bad(state) || blamed(unit)) continue;
    const bool explains = std::any_of(causes.begin(), causes.end(), [&, &unit = unit](const Cause& cause) {
      const auto other = UnitName::parse_any(cause.unit);
      const auto found = other ? now.find(*other) : now.end();
      return cause.result == "dependency" && found != now.end() &&
             comes_before(unit, state, *other, found->second);
    });
    if (explains) required.push_back(blame(unit, unit.text() + " " + end_in_words(state), state));
  }
  causes.insert(causes.end(), required.begin(), required.end());
}

}  // namespace

std::string what_happened(JobVerb verb, const JobResult& job) {
  return could_not(verb, job.unit) + ": " + (job.error.empty() ? job_in_words(job.result) : job.error);
}

FailedJobs judge_failed_jobs(JobVerb verb, const std::vector<JobResult>& failed, const Snapshot& now,
                             const GatePolicy& policy) {
  FailedJobs judged;
  for (const auto& job : failed) {
    const auto found = now.find(job.unit);
    const auto* state = found == now.end() ? nullptr : &found->second;
    const bool tries_again = state != nullptr && job.error.empty() && state->auto_restarting();
    if (starts(verb) && tries_again) continue;
    auto cause = cause_of(verb, job, state);
    if (starts(verb) && may_fail(policy, job.unit))
      judged.waived.push_back(cause.message + ", which is allowed");
    else
      judged.causes.push_back(std::move(cause));
  }
  blame_required(judged.causes, now);
  first_cause_first(judged.causes, now);
  return judged;
}

std::vector<Cause> judge_late_jobs(JobVerb verb, const std::vector<UnitName>& units, const Snapshot& now) {
  std::vector<Cause> causes;
  for (const auto& unit : units) {
    const auto found = now.find(unit);
    if (found == now.end() || !found->second.has_job) continue;
    const auto& state = found->second;
    auto cause = blame(unit, could_not(verb, unit) + " in time: it is " + state.active, state);
    cause.result = state.active == "inactive" ? "dependency" : "timeout";
    cause.hint = hint_for_job(cause.result);
    causes.push_back(std::move(cause));
  }
  first_cause_first(causes, now);
  return causes;
}

}  // namespace switchback
