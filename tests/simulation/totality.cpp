// SPDX-License-Identifier: MIT
#include "tests/simulation/totality.hpp"

namespace switchback::simulation {
namespace {

std::vector<State> every_state(const Script& script) {
  const auto trial = (script.by_boot ? staging_steps(script.changes) : trial_steps(script.changes)).size();
  return {Preparing{},
          Rehearsing{},
          Switching{},
          Switching{trial, {}},
          AwaitingBoot{},
          Observing{},
          Observing{true, true, {}},
          AwaitingConfirmation{},
          Testing{},
          Committing{},
          Committing{commit_steps(script.changes).size(), {}},
          Reverting{.causes = {}, .begun = trial},
          Reverting{.causes = {}, .begun = trial, .set_back = true, .attempt = kMaxRevertAttempts},
          Reverting{.causes = {},
                    .begun = trial,
                    .rebooted = true,
                    .booted_anew = true,
                    .restarts = kMaxRevertRestarts},
          Reverting{.causes = {}, .begun = trial, .needs_boot = true},
          Reverting{.causes = {}, .begun = trial, .superseded = true, .observing = true, .soaking = true},
          Finished{},
          Finished{Outcome::committed, {}}};
}

std::vector<ActivationEvent> every_event() {
  const Cause cause{"why", "web.service", "exit-code", 1, {}};
  return {Prepared{},
          PreparationFailed{cause},
          StepDone{},
          StepFailed{cause},
          RebootNeeded{cause},
          Superseded{cause},
          GateHealthy{},
          GatePending{},
          GateUnhealthy{{cause}},
          SoakElapsed{},
          DeadlineReached{},
          Confirmed{},
          CancelRequested{"why"},
          RecordFailed{"why"},
          RecordFailed{"why", true},
          Restarted{},
          Restarted{false, false, false},
          Restarted{false, true, false},
          Restarted{false, false, true}};
}

std::string problem_of(const State& state, const ActivationEvent& event, const Transition& answer) {
  if (std::holds_alternative<Finished>(state) &&
      (!std::holds_alternative<Restarted>(event) || answer.next != state))
    return "an end is none";
  const auto* reverting = std::get_if<Reverting>(&answer.next);
  if (reverting != nullptr && reverting->attempt > kMaxRevertAttempts) return "a revert goes on for ever";
  if (reverting != nullptr && reverting->restarts > kMaxRevertRestarts) return "restarts are not bounded";
  const bool was_committed =
      std::holds_alternative<Finished>(answer.next) && is_committed(std::get<Finished>(answer.next).outcome);
  if (was_committed && !std::holds_alternative<Committing>(state) && !std::holds_alternative<Finished>(state))
    return "committed without having committed";
  return "";
}

}  // namespace

std::vector<std::string> feed_every_pair(const Script& script, Coverage& coverage) {
  std::vector<std::string> problems;
  for (const auto& state : every_state(script)) {
    for (const auto& event : every_event()) {
      ++coverage.fed[state.index()][event.index()];
      const auto answer = step(script, state, event);
      const auto again = step(script, state, event);
      std::string problem;
      if (answer.has_value() != again.has_value() ||
          (answer && (answer->next != again->next || answer->actions != again->actions)))
        problem = "two answers to one question";
      else if (answer)
        problem = problem_of(state, event, *answer);
      if (!problem.empty())
        problems.push_back(std::string(kStateNames[state.index()]) + " + " +
                           std::string(kEventNames[event.index()]) + ": " + problem);
    }
  }
  return problems;
}

}  // namespace switchback::simulation
