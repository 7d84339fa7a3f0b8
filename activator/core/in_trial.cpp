// SPDX-License-Identifier: MIT
// The states while the trial runs, a part of states.hpp: a lambda for every event that means something there.
#include "activator/core/overloaded.hpp"
#include "activator/core/states.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace switchback::moves {
namespace {

// By a revert that could not be recorded: the disk was full.
constexpr const char* kTakenBack = "what was tried had been taken back when the activator was started again";

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

}  // namespace

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

Answer in_awaiting_confirmation(const Script& script, const AwaitingConfirmation& state,
                                const ActivationEvent& event) {
  return in_waiting(script, state, event, "no confirmation arrived within " + seconds(script.confirm_timeout),
                    "before it was confirmed");
}

Answer in_testing(const Script& script, const Testing& state, const ActivationEvent& event) {
  return in_waiting(script, state, event,
                    "the test's " + seconds(script.test_for) + " are over; a test is never kept",
                    "during the test");
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

}  // namespace switchback::moves
