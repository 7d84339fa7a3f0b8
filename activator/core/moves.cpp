// SPDX-License-Identifier: MIT
#include "activator/core/moves.hpp"

#include <algorithm>
#include <utility>

namespace switchback::moves {
namespace {

/// What is done before it is observed, or before the boot that is.
Steps steps_of_trial(const Script& script) {
  return script.by_boot ? staging_steps(script.changes) : trial_steps(script.changes);
}

}  // namespace

/// A boot touches everything.
std::chrono::milliseconds soak_of(const Script& script) {
  return touched_units(script.changes).empty() && !waits_for_boot(script) ? std::chrono::milliseconds{0}
                                                                          : script.gate.soak;
}

Answer refuse(Cause cause) {
  return Transition{Finished{Outcome::refused, {std::move(cause)}}, {AbandonStep{}, Conclude{}}};
}

Transition rehearse_from(const Script& script, std::size_t index) {
  const auto steps = rehearsal_steps(script.changes);
  if (index >= steps.size()) return {Finished{Outcome::planned, {}}, {Conclude{}}};
  return {Rehearsing{index}, {RunStep{steps[index]}}};
}

Transition observe(const Script& script, std::vector<Cause> faults) {
  return {Observing{false, false, std::move(faults)}, {ArmDeadline{script.gate.deadline}, WatchGate{false}}};
}

Transition await_boot(const Script& script, std::vector<Cause> faults) {
  Transition transition{AwaitingBoot{std::move(faults)}, {}};
  if (script.reboot)
    transition.actions = {ArmDeadline{kDownTimeout}, WatchProfiles{}, RunStep{Reboot{}}};
  else
    transition.actions = {ArmDeadline{script.boot_within}, WatchProfiles{}};
  return transition;
}

Transition switch_from(const Script& script, std::size_t index, std::vector<Cause> faults) {
  const auto steps = steps_of_trial(script);
  if (index >= steps.size()) {
    return waits_for_boot(script) ? await_boot(script, std::move(faults))
                                  : observe(script, std::move(faults));
  }
  return {Switching{index, std::move(faults)}, {RunStep{steps[index]}}};
}

Transition commit_from(const Script& script, std::size_t index, std::vector<Cause> faults) {
  const auto steps = commit_steps(script.changes);
  if (index < steps.size()) return {Committing{index, std::move(faults)}, {RunStep{steps[index]}}};
  const auto outcome = faults.empty() ? Outcome::committed : Outcome::committed_unhealthy;
  return {Finished{outcome, std::move(faults)}, {Conclude{}}};
}

Transition commit(const Script& script, std::vector<Cause> faults) {
  return preceded_by({LeaveGate{}, ArmDeadline{kCommitTimeout}}, commit_from(script, 0, std::move(faults)));
}

Transition gate_passed(const Script& script, bool confirmed, std::vector<Cause> faults) {
  if (script.mode == Mode::test)
    return {Testing{std::move(faults)}, {DisarmSoak{}, ArmDeadline{script.test_for}}};
  if (confirmed || script.confirm == ConfirmMode::none) return commit(script, std::move(faults));
  return {AwaitingConfirmation{std::move(faults)}, {DisarmSoak{}, ArmDeadline{script.confirm_timeout}}};
}

std::vector<Cause> with(std::vector<Cause> faults, const std::vector<Cause>& more) {
  for (const auto& cause : more) {
    if (std::find(faults.begin(), faults.end(), cause) == faults.end()) faults.push_back(cause);
  }
  return faults;
}

Transition warned(const std::vector<Cause>& causes, Transition transition) {
  std::vector<Action> first;
  for (const auto& cause : causes)
    first.emplace_back(Warn{"not reverted, as autoRollback is off: " + cause.message});
  return preceded_by(std::move(first), std::move(transition));
}

bool may_be_tolerated(const Script& script, std::size_t index) {
  const auto steps = steps_of_trial(script);
  return !script.by_boot && index < steps.size() &&
         (std::holds_alternative<RunJobs>(steps[index]) || std::holds_alternative<RunProgram>(steps[index]));
}

std::vector<Cause> cancelled(const CancelRequested& event) {
  const std::string what(kCancelled);
  return {Cause{event.reason.empty() ? what : what + ": " + event.reason, "", "", {}, {}}};
}

std::vector<Cause> one(std::string message) { return {Cause{std::move(message), "", "", {}, {}}}; }

Answer revert(const Script& script, Reverting reverting) {
  return preceded_by({AbandonStep{}, LeaveGate{}, DisarmSoak{}}, begin_revert(script, std::move(reverting)));
}

Reverting from_trial(const Script& script, std::vector<Cause> causes) {
  return Reverting{.causes = std::move(causes),
                   .begun = steps_of_trial(script).size(),
                   .needs_boot = waits_for_boot(script)};
}

std::vector<Cause> deadline_causes(const DeadlineReached& event, std::string message) {
  auto causes = one(std::move(message));
  causes.insert(causes.end(), event.pending.begin(), event.pending.end());
  return causes;
}

std::string seconds(std::chrono::milliseconds duration) {
  return std::to_string((duration.count() + 999) / 1000) + " s";
}

}  // namespace switchback::moves
