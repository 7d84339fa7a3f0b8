// SPDX-License-Identifier: MIT
#include "activator/core/activation.hpp"

#include "activator/core/overloaded.hpp"
#include "activator/core/reverting.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace switchback {
namespace {

using Answer = std::optional<Transition>;

// By a revert that could not be recorded: the disk was full.
constexpr const char* kTakenBack = "what was tried had been taken back when the activator was started again";

/// A boot touches everything.
std::chrono::milliseconds soak_of(const Script& script) {
  return touched_units(script.changes).empty() && !waits_for_boot(script) ? std::chrono::milliseconds{0}
                                                                          : script.gate.soak;
}

/// What is done before it is observed, or before the boot that is.
Steps steps_of_trial(const Script& script) {
  return script.by_boot ? staging_steps(script.changes) : trial_steps(script.changes);
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
    transition.actions = {ArmDeadline{kDownTimeout}, RunStep{Reboot{}}};
  else
    transition.actions = {ArmDeadline{script.boot_within}};
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

/// What autoRollback = false makes a warning.
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

/// Whether the switch itself failed, and not what it needs to be a switch at all.
bool may_be_tolerated(const Script& script, std::size_t index) {
  const auto steps = steps_of_trial(script);
  return !script.by_boot && index < steps.size() &&
         (std::holds_alternative<RunJobs>(steps[index]) || std::holds_alternative<RunProgram>(steps[index]));
}

constexpr std::string_view kCancelled = "cancelled";

std::vector<Cause> cancelled(const CancelRequested& event) {
  const std::string what(kCancelled);
  return {Cause{event.reason.empty() ? what : what + ": " + event.reason, "", "", {}, {}}};
}

std::vector<Cause> one(std::string message) { return {Cause{std::move(message), "", "", {}, {}}}; }

/// What stands before every revert: whatever is under way is abandoned.
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

// One function a state, each with a lambda for every event that means something there.

Answer in_preparing(const Script& script, const ActivationEvent& event) {
  return std::visit(
      Overloaded{
          [&](const Prepared&) -> Answer {
            auto transition =
                script.mode == Mode::dry_run ? rehearse_from(script, 0) : switch_from(script, 0, {});
            const bool has_a_deadline = !std::holds_alternative<Switching>(transition.next) &&
                                        !std::holds_alternative<Rehearsing>(transition.next);
            if (has_a_deadline) return transition;
            return preceded_by({ArmDeadline{script.activation_timeout}}, std::move(transition));
          },
          [](const PreparationFailed& failed) { return refuse(failed.cause); },
          [](const DeadlineReached&) {
            return refuse(one("preparing took longer than " + seconds(kPreparingTimeout))[0]);
          },
          [](const CancelRequested& cancel) { return refuse(cancelled(cancel)[0]); },
          [](const RecordFailed& failed) {
            return refuse(one("the record cannot be written: " + failed.problem)[0]);
          },
          [](const Restarted&) { return refuse(one("the activator was restarted while it prepared")[0]); },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_rehearsing(const Script& script, const Rehearsing& state, const ActivationEvent& event) {
  return std::visit(
      Overloaded{
          [&](const StepDone&) -> Answer { return rehearse_from(script, state.step + 1); },
          [](const StepFailed& failed) { return refuse(failed.cause); },
          [&](const DeadlineReached&) {
            return refuse(one("the dry run took longer than " + seconds(script.activation_timeout))[0]);
          },
          [](const CancelRequested& cancel) { return refuse(cancelled(cancel)[0]); },
          [](const RecordFailed& failed) {
            return refuse(one("the record cannot be written: " + failed.problem)[0]);
          },
          [](const Restarted&) { return refuse(one("the activator was restarted during the dry run")[0]); },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_switching(const Script& script, const Switching& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes) {
    return revert(script, Reverting{.causes = std::move(causes), .begun = state.step + 1});
  };
  const auto go_wrong = [&](const std::vector<Cause>& causes) -> Answer {
    if (script.auto_rollback || !may_be_tolerated(script, state.step)) return back(causes);
    return warned(causes, switch_from(script, state.step + 1, with(state.faults, causes)));
  };
  return std::visit(
      Overloaded{
          [&](const StepDone&) -> Answer { return switch_from(script, state.step + 1, state.faults); },
          [&](const StepFailed& failed) { return go_wrong(with({failed.cause}, failed.more)); },
          [&](const RebootNeeded& needed) -> Answer {
            if (!script.by_boot) return go_wrong({needed.cause});
            return preceded_by(
                {Warn{needed.cause.message + ": it is booted into"}, ArmDeadline{script.activation_timeout}},
                switch_from(script, 0, state.faults));
          },
          [&](const Superseded& superseded) { return back({superseded.cause}); },
          [&](const DeadlineReached& late) -> Answer {
            const auto causes =
                deadline_causes(late, "switching took longer than " + seconds(script.activation_timeout));
            if (script.auto_rollback || !may_be_tolerated(script, state.step)) return back(causes);
            auto on = switch_from(script, state.step + 1, with(state.faults, causes));
            return warned(
                causes, preceded_by({AbandonStep{}, ArmDeadline{script.activation_timeout}}, std::move(on)));
          },
          [&](const CancelRequested& cancel) { return back(cancelled(cancel)); },
          [&](const RecordFailed& failed) {
            return back(one("the record cannot be written: " + failed.problem));
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot) return back(one("the activator was restarted while it switched"));
            return revert(script, found_by(script, restarted,
                                           {.causes = one("the host went down while it switched"),
                                            .begun = state.step + 1}));
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_awaiting_boot(const Script& script, const AwaitingBoot& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes, const Restarted& restarted) {
    auto reverting = from_trial(script, std::move(causes));
    reverting.needs_boot = false;
    return revert(script, found_by(script, restarted, std::move(reverting)));
  };
  return std::visit(
      Overloaded{
          [&](const StepFailed& failed) { return back({failed.cause}, {}); },
          [&](const DeadlineReached&) {
            return back(
                one(script.reboot ? "the host did not go down for its reboot within " + seconds(kDownTimeout)
                                  : "the host was not booted within " + seconds(script.boot_within)),
                {});
          },
          [&](const CancelRequested& cancel) { return back(cancelled(cancel), {}); },
          [&](const RecordFailed& failed) {
            const Restarted booted{.same_boot = !failed.new_was_booted,
                                   .new_is_committed = failed.new_was_booted};
            return back(one("the record cannot be written: " + failed.problem), booted);
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot && script.reboot)
              return Transition{state, {KeepDeadline{}, RunStep{Reboot{}}}};
            if (restarted.same_boot) return Transition{state, {KeepDeadline{}}};
            if (restarted.new_is_committed) return observe(script, state.faults);
            // Userspace alone was started anew: the boot is still to come.
            if (restarted.run_was_kept) return await_boot(script, state.faults);
            return back(
                one("the host came up with the old closure: its boot loader did not take the new one, "
                    "or that did not come up"),
                restarted);
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_observing(const Script& script, const Observing& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes) {
    return revert(script, from_trial(script, std::move(causes)));
  };
  const auto unhealthy = [&](const std::vector<Cause>& causes) -> Answer {
    if (script.auto_rollback) return back(causes);
    return warned(causes, gate_passed(script, state.confirmed, with(state.faults, causes)));
  };
  const auto soaking = [&](bool soaks, Action action) {
    auto next = state;
    next.soaking = soaks;
    return Transition{std::move(next), {std::move(action)}};
  };
  return std::visit(
      Overloaded{
          [&](const GateHealthy&) -> Answer {
            if (state.soaking) return std::nullopt;
            const auto soak = soak_of(script);
            if (soak.count() == 0) return gate_passed(script, state.confirmed, state.faults);
            return soaking(true, ArmSoak{soak});
          },
          [&](const GatePending&) -> Answer {
            if (!state.soaking) return std::nullopt;
            return soaking(false, DisarmSoak{});
          },
          [&](const GateUnhealthy& found) { return unhealthy(found.causes); },
          [&](const SoakElapsed&) -> Answer {
            if (!state.soaking) return std::nullopt;
            return gate_passed(script, state.confirmed, state.faults);
          },
          [&](const DeadlineReached& late) {
            return unhealthy(deadline_causes(late, "not healthy within " + seconds(script.gate.deadline)));
          },
          [&](const Confirmed&) -> Answer {
            if (state.confirmed || script.mode == Mode::test) return std::nullopt;
            auto next = state;
            next.confirmed = true;
            return Transition{std::move(next), {}};
          },
          [&](const CancelRequested& cancel) { return back(cancelled(cancel)); },
          [&](const RecordFailed& failed) {
            return back(one("the record cannot be written: " + failed.problem));
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot && !restarted.trial_stands) return back(one(kTakenBack));
            if (restarted.same_boot) {
              auto next = state;
              next.soaking = false;
              return Transition{std::move(next), {KeepDeadline{}, WatchGate{false}}};
            }
            auto reverting = from_trial(script, one("the host went down while it was observed"));
            reverting = found_by(script, restarted, std::move(reverting));
            return revert(script, std::move(reverting));
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

/// Awaiting its confirmation, or being tested: the trial runs, healthy so far, until `late` at most.
template <class Waiting>
Answer in_waiting(const Script& script, const Waiting& state, const ActivationEvent& event,
                  const std::string& late, const std::string& went_down) {
  const auto back = [&](std::vector<Cause> causes) {
    return revert(script, from_trial(script, std::move(causes)));
  };
  return std::visit(Overloaded{
                        [&](const Confirmed&) -> Answer {
                          if (std::is_same_v<Waiting, Testing>) return std::nullopt;
                          return commit(script, state.faults);
                        },
                        // Proven healthy must still be true when it becomes permanent.
                        [&](const GateUnhealthy& found) -> Answer {
                          if (script.auto_rollback) return back(found.causes);
                          auto faults = with(state.faults, found.causes);
                          if (faults == state.faults) return std::nullopt;
                          return warned(found.causes, {Waiting{std::move(faults)}, {}});
                        },
                        [&](const DeadlineReached&) { return back(one(late)); },
                        [&](const CancelRequested& cancel) { return back(cancelled(cancel)); },
                        [&](const RecordFailed& failed) {
                          return back(one("the record cannot be written: " + failed.problem));
                        },
                        [&](const Restarted& restarted) -> Answer {
                          if (restarted.same_boot && !restarted.trial_stands) return back(one(kTakenBack));
                          if (restarted.same_boot)
                            return Transition{state, {KeepDeadline{}, WatchGate{false}}};
                          auto reverting = from_trial(script, one("the host went down " + went_down));
                          reverting = found_by(script, restarted, std::move(reverting));
                          return revert(script, std::move(reverting));
                        },
                        [](const auto&) -> Answer { return std::nullopt; },
                    },
                    event);
}

Answer in_committing(const Script& script, const Committing& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes, bool superseded = false) {
    auto reverting = from_trial(script, std::move(causes));
    reverting.set_back = true;
    reverting.superseded = superseded;
    return revert(script, std::move(reverting));
  };
  return std::visit(
      Overloaded{
          [&](const StepDone&) -> Answer { return commit_from(script, state.step + 1, state.faults); },
          [&](const StepFailed& failed) { return back({failed.cause}); },
          [&](const Superseded& superseded) { return back({superseded.cause}, true); },
          [&](const DeadlineReached&) {
            return back(one("committing took longer than " + seconds(kCommitTimeout)));
          },
          [&](const RecordFailed& failed) {
            return back(one("the record cannot be written: " + failed.problem));
          },
          [&](const Restarted& restarted) -> Answer {
            // The confirm has arrived: every step can be repeated, so the commit goes on from
            // its first.
            if (restarted.same_boot && !restarted.trial_stands) return back(one(kTakenBack));
            if (restarted.same_boot || restarted.new_is_committed) {
              return commit(script, state.faults);
            }
            auto reverting = from_trial(script, one("the host went down while it committed"));
            reverting.set_back = true;
            reverting = found_by(script, restarted, std::move(reverting));
            return revert(script, std::move(reverting));
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

}  // namespace

bool waits_for_boot(const Script& script) { return script.by_boot && any_needs_boot(script.changes); }

bool could_go_by_boot(const Script& script) {
  // Units have no boot of their own to be tried in.
  const bool moves_units = std::any_of(
      script.changes.begin(), script.changes.end(),
      [](const PreparedChange& change) { return change.kind == Kind::units && change.changes_host(); });
  return script.mode == Mode::switch_now && script.reboot && !moves_units;
}

Transition begin() { return {Preparing{}, {ArmDeadline{kPreparingTimeout}}}; }

bool says_cancelled(const Cause& cause) { return cause.message.starts_with(kCancelled); }

const std::vector<Cause>& blamed_in(const State& state) {
  static const std::vector<Cause> nothing;
  return std::visit(
      [](const auto& of) -> const std::vector<Cause>& {
        if constexpr (requires { of.causes; })
          return of.causes;
        else if constexpr (requires { of.faults; })
          return of.faults;
        else
          return nothing;
      },
      state);
}

Phase phase_of(const State& state) {
  constexpr std::array kPhases{Phase::preparing,     Phase::preparing,  Phase::switching,
                               Phase::awaiting_boot, Phase::observing,  Phase::awaiting_confirmation,
                               Phase::testing,       Phase::committing, Phase::reverting,
                               Phase::finished};
  static_assert(kPhases.size() == std::variant_size_v<State>);
  return kPhases[state.index()];
}

bool must_be_saved(const State& before, const State& after) {
  if (before.index() != after.index()) return true;
  // A soak begins anew after a restart, so that it is no loss.
  auto comparable = after;
  if (auto* observing = std::get_if<Observing>(&comparable)) {
    observing->soaking = std::get<Observing>(before).soaking;
  }
  if (auto* reverting = std::get_if<Reverting>(&comparable)) {
    reverting->soaking = std::get<Reverting>(before).soaking;
  }
  return before != comparable;
}

std::optional<Transition> step(const Script& script, const State& state, const ActivationEvent& event) {
  return std::visit(
      Overloaded{
          [&](const Preparing&) { return in_preparing(script, event); },
          [&](const Rehearsing& rehearsing) { return in_rehearsing(script, rehearsing, event); },
          [&](const Switching& switching) { return in_switching(script, switching, event); },
          [&](const AwaitingBoot& awaiting) { return in_awaiting_boot(script, awaiting, event); },
          [&](const Observing& observing) { return in_observing(script, observing, event); },
          [&](const AwaitingConfirmation& awaiting) {
            return in_waiting(script, awaiting, event,
                              "no confirmation arrived within " + seconds(script.confirm_timeout),
                              "before it was confirmed");
          },
          [&](const Testing& testing) {
            return in_waiting(script, testing, event,
                              "the test's " + seconds(script.test_for) + " are over; a test is never kept",
                              "during the test");
          },
          [&](const Committing& committing) { return in_committing(script, committing, event); },
          [&](const Reverting& reverting) {
            return step_reverting(script, reverting, event, soak_of(script));
          },
          [&](const Finished& finished) -> Answer {
            // The activator died between the durable end and the tidying up after it.
            if (std::holds_alternative<Restarted>(event)) return Transition{finished, {Conclude{}}};
            return std::nullopt;
          },
      },
      state);
}

}  // namespace switchback
