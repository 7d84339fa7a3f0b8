// SPDX-License-Identifier: MIT
#include "activator/core/activation.hpp"

#include "activator/core/overloaded.hpp"
#include "activator/core/reverting.hpp"

#include <array>
#include <utility>

namespace switchback {
namespace {

using Answer = std::optional<Transition>;

std::chrono::milliseconds soak_of(const Script& script) {
  return touched_units(script.changes).empty() ? std::chrono::milliseconds{0} : script.gate.soak;
}

Answer refuse(Cause cause) {
  return Transition{Finished{Outcome::refused, {std::move(cause)}}, {AbandonStep{}, Conclude{}}};
}

Transition observe(const Script& script) {
  return {Observing{}, {ArmDeadline{script.gate.deadline}, WatchGate{false}}};
}

Transition switch_from(const Script& script, std::size_t index) {
  const auto steps = trial_steps(script.changes);
  if (index >= steps.size()) return observe(script);
  return {Switching{index}, {RunStep{steps[index]}}};
}

Transition commit_from(const Script& script, std::size_t index) {
  const auto steps = commit_steps(script.changes);
  if (index >= steps.size()) return {Finished{Outcome::committed, {}}, {Conclude{}}};
  return {Committing{index}, {RunStep{steps[index]}}};
}

Transition commit(const Script& script) {
  return preceded_by({LeaveGate{}, ArmDeadline{kCommitTimeout}}, commit_from(script, 0));
}

Transition gate_passed(const Script& script, bool confirmed) {
  if (confirmed || script.confirm == ConfirmMode::none) return commit(script);
  return {AwaitingConfirmation{}, {ArmDeadline{script.confirm_timeout}}};
}

std::vector<Cause> cancelled(const CancelRequested& event) {
  return {Cause{event.reason.empty() ? "cancelled" : "cancelled: " + event.reason, "", "", {}, {}}};
}

std::vector<Cause> one(std::string message) { return {Cause{std::move(message), "", "", {}, {}}}; }

/// What stands before every revert: whatever is under way is abandoned.
Answer revert(const Script& script, Reverting reverting) {
  return preceded_by({AbandonStep{}, LeaveGate{}, DisarmSoak{}}, begin_revert(script, std::move(reverting)));
}

Reverting from_trial(const Script& script, std::vector<Cause> causes) {
  return Reverting{.causes = std::move(causes), .begun = trial_steps(script.changes).size()};
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
            auto transition = switch_from(script, 0);
            if (!std::holds_alternative<Switching>(transition.next)) return transition;
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

Answer in_switching(const Script& script, const Switching& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes) {
    return revert(script, Reverting{.causes = std::move(causes), .begun = state.step + 1});
  };
  return std::visit(
      Overloaded{
          [&](const StepDone&) -> Answer { return switch_from(script, state.step + 1); },
          [&](const StepFailed& failed) { return back({failed.cause}); },
          [&](const Superseded& superseded) { return back({superseded.cause}); },
          [&](const DeadlineReached& late) {
            return back(
                deadline_causes(late, "switching took longer than " + seconds(script.activation_timeout)));
          },
          [&](const CancelRequested& cancel) { return back(cancelled(cancel)); },
          [&](const RecordFailed& failed) {
            return back(one("the record cannot be written: " + failed.problem));
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot) return back(one("the activator was restarted while it switched"));
            return revert(script, Reverting{.causes = one("the host went down while it switched"),
                                            .begun = state.step + 1,
                                            .rebooted = true});
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_observing(const Script& script, const Observing& state, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes) {
    return revert(script, from_trial(script, std::move(causes)));
  };
  return std::visit(
      Overloaded{
          [&](const GateHealthy&) -> Answer {
            if (state.soaking) return std::nullopt;
            const auto soak = soak_of(script);
            if (soak.count() == 0) return gate_passed(script, state.confirmed);
            return Transition{Observing{true, state.confirmed}, {ArmSoak{soak}}};
          },
          [&](const GatePending&) -> Answer {
            if (!state.soaking) return std::nullopt;
            return Transition{Observing{false, state.confirmed}, {DisarmSoak{}}};
          },
          [&](const GateUnhealthy& unhealthy) { return back(unhealthy.causes); },
          [&](const SoakElapsed&) -> Answer {
            if (!state.soaking) return std::nullopt;
            return gate_passed(script, state.confirmed);
          },
          [&](const DeadlineReached& late) {
            return back(deadline_causes(late, "not healthy within " + seconds(script.gate.deadline)));
          },
          [&](const Confirmed&) -> Answer {
            if (state.confirmed) return std::nullopt;
            return Transition{Observing{state.soaking, true}, {}};
          },
          [&](const CancelRequested& cancel) { return back(cancelled(cancel)); },
          [&](const RecordFailed& failed) {
            return back(one("the record cannot be written: " + failed.problem));
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot) {
              return Transition{Observing{false, state.confirmed}, {KeepDeadline{}, WatchGate{false}}};
            }
            auto reverting = from_trial(script, one("the host went down while it was observed"));
            reverting.rebooted = true;
            return revert(script, std::move(reverting));
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      event);
}

Answer in_awaiting(const Script& script, const ActivationEvent& event) {
  const auto back = [&](std::vector<Cause> causes) {
    return revert(script, from_trial(script, std::move(causes)));
  };
  return std::visit(
      Overloaded{
          [&](const Confirmed&) -> Answer { return commit(script); },
          // Proven healthy must still be true when it becomes permanent.
          [&](const GateUnhealthy& unhealthy) { return back(unhealthy.causes); },
          [&](const DeadlineReached&) {
            return back(one("no confirmation arrived within " + seconds(script.confirm_timeout)));
          },
          [&](const CancelRequested& cancel) { return back(cancelled(cancel)); },
          [&](const RecordFailed& failed) {
            return back(one("the record cannot be written: " + failed.problem));
          },
          [&](const Restarted& restarted) -> Answer {
            if (restarted.same_boot) {
              return Transition{AwaitingConfirmation{}, {KeepDeadline{}, WatchGate{false}}};
            }
            auto reverting = from_trial(script, one("the host went down before it was confirmed"));
            reverting.rebooted = true;
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
  return std::visit(Overloaded{
                        [&](const StepDone&) -> Answer { return commit_from(script, state.step + 1); },
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
                          if (restarted.same_boot || restarted.new_is_committed) return commit(script);
                          auto reverting = from_trial(script, one("the host went down while it committed"));
                          reverting.set_back = true;
                          reverting.rebooted = true;
                          return revert(script, std::move(reverting));
                        },
                        [](const auto&) -> Answer { return std::nullopt; },
                    },
                    event);
}

}  // namespace

Transition begin() { return {Preparing{}, {ArmDeadline{kPreparingTimeout}}}; }

Phase phase_of(const State& state) {
  constexpr std::array kPhases{
      Phase::preparing,  Phase::switching, Phase::observing, Phase::awaiting_confirmation,
      Phase::committing, Phase::reverting, Phase::finished};
  static_assert(kPhases.size() == std::variant_size_v<State>);
  return kPhases[state.index()];
}

bool must_be_saved(const State& before, const State& after) {
  if (before.index() != after.index()) return true;
  if (const auto* observing = std::get_if<Observing>(&after)) {
    return observing->confirmed != std::get<Observing>(before).confirmed;
  }
  if (const auto* reverting = std::get_if<Reverting>(&after)) {
    auto comparable = *reverting;
    comparable.soaking = std::get<Reverting>(before).soaking;
    return comparable != std::get<Reverting>(before);
  }
  return before != after;
}

std::optional<Transition> step(const Script& script, const State& state, const ActivationEvent& event) {
  return std::visit(
      Overloaded{
          [&](const Preparing&) { return in_preparing(script, event); },
          [&](const Switching& switching) { return in_switching(script, switching, event); },
          [&](const Observing& observing) { return in_observing(script, observing, event); },
          [&](const AwaitingConfirmation&) { return in_awaiting(script, event); },
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
