// SPDX-License-Identifier: MIT
#include "activator/core/reverting.hpp"

#include "activator/core/overloaded.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

using Answer = std::optional<Transition>;

Transition observe_revert(const Script& script, Reverting state) {
  state.observing = true;
  state.soaking = false;
  return {std::move(state), {ArmDeadline{script.gate.deadline}, WatchGate{true}}};
}

Transition continue_from(const Script& script, Reverting state, std::size_t index) {
  const auto steps = steps_of(script, state);
  if (index >= steps.size()) return observe_revert(script, std::move(state));
  state.step = index;
  return {std::move(state), {RunStep{steps[index]}}};
}

Transition conclude(const Reverting& state, Outcome outcome, const std::vector<Cause>& added) {
  auto causes = state.causes;
  causes.insert(causes.end(), added.begin(), added.end());
  return {Finished{outcome, std::move(causes)}, {AbandonStep{}, LeaveGate{}, DisarmSoak{}, Conclude{}}};
}

/// The attempt came to nothing: once more from the beginning, or the end.
Transition try_again(const Script& script, const Reverting& state, Outcome at_last,
                     const std::vector<Cause>& why) {
  if (state.attempt >= kMaxRevertAttempts)
    return conclude(state, state.stays_set ? Outcome::revert_failed : at_last, why);
  auto next = state;
  ++next.attempt;
  std::vector<Action> first;
  for (const auto& cause : why) first.emplace_back(Warn{"reverting once more: " + cause.message});
  first.insert(first.end(), {AbandonStep{}, LeaveGate{}, DisarmSoak{}});
  return preceded_by(std::move(first), begin_revert(script, std::move(next)));
}

Transition restarted(const Script& script, Reverting next, const Restarted& again) {
  if (++next.restarts > kMaxRevertRestarts) {
    return conclude(next, Outcome::revert_failed,
                    {Cause{"the activator was restarted again and again while it reverted", "", "", {}, {}}});
  }
  const bool wanted_old = next.needs_boot && !again.same_boot && !again.run_was_kept;
  next = found_by(script, again, std::move(next));
  if (wanted_old && next.needs_boot) {
    return try_again(
        script, next, Outcome::revert_failed,
        {Cause{"the host was booted to go back, and came up with the new closure again", "", "", {}, {}}});
  }
  if (again.same_boot && next.observing) {
    next.soaking = false;
    return {std::move(next), {KeepDeadline{}, WatchGate{true}}};
  }
  return begin_revert(script, std::move(next));
}

Outcome good_end(const Reverting& state) {
  if (state.stays_set) return Outcome::revert_failed;
  return state.superseded ? Outcome::superseded : Outcome::reverted;
}

void add_cause(Reverting& state, const Cause& cause) {
  const bool told = std::find(state.causes.begin(), state.causes.end(), cause) != state.causes.end();
  if (!told) state.causes.push_back(cause);
}

/// What a commit made permanent cannot be undone: the disk is full. What runs can be brought back all the
/// same; but not from copies of units that stay the new ones, which the next reload would read.
bool may_stay_set(const Script& script, const Reverting& state) {
  const auto steps = state.set_back ? set_back_steps(script.changes) : Steps{};
  return state.attempt >= kMaxRevertAttempts && state.step < steps.size() &&
         !std::holds_alternative<KeepCopies>(steps[state.step]);
}

/// The boot loader's default is the old closure's from before the trial to the commit: what a boot brings
/// back is tidied up after it.
Steps steps_by_boot(const Script& script, const Reverting& state) {
  Steps steps;
  if (state.needs_boot) {
    if (state.set_back) steps = set_back_steps(script.changes);
    const bool was_proven = state.set_back;
    if (!state.superseded || !was_proven) {
      steps.emplace_back(Reboot{});
      return steps;
    }
    // It runs on until somebody boots the host into what they have put in place, and not in this boot.
    for (auto& step : withdrawal_steps(script.changes, state.begun)) {
      if (!std::holds_alternative<ForgetBootOnce>(step)) steps.push_back(std::move(step));
    }
    return steps;
  }
  steps = withdrawal_steps(script.changes, state.begun);
  for (const auto& change : script.changes) {
    if (change.kind == Kind::nixos && change.running)
      steps.emplace_back(VerifySystem{change.profile, *change.running});
    if (change.kind != Kind::script) steps.emplace_back(CheckProfile{change.profile});
  }
  return steps;
}

/// The host was asked to, and this is the last that is heard of it.
bool goes_down(const Script& script, const Reverting& state) {
  const auto steps = steps_of(script, state);
  return state.step < steps.size() && std::holds_alternative<Reboot>(steps[state.step]);
}

Transition leave_set(const Script& script, const Reverting& state, const Cause& cause) {
  auto next = state;
  next.stays_set = true;
  add_cause(next, cause);
  return preceded_by({Warn{"it stays as it is: " + cause.message}},
                     continue_from(script, std::move(next), state.step + 1));
}

}  // namespace

Steps steps_of(const Script& script, const Reverting& state) {
  Steps steps;
  if (script.by_boot) return steps_by_boot(script, state);
  if (state.set_back) steps = set_back_steps(script.changes);
  const auto back =
      state.rebooted ? revert_steps_after_reboot(script.changes) : revert_steps(script.changes, state.begun);
  steps.insert(steps.end(), back.begin(), back.end());
  if (state.booted_anew)
    std::erase_if(steps, [](const Step& step) { return std::holds_alternative<FindTouched>(step); });
  return steps;
}

Transition preceded_by(std::vector<Action> actions, Transition transition) {
  for (auto& action : transition.actions) actions.push_back(std::move(action));
  return {std::move(transition.next), std::move(actions)};
}

Reverting found_by(const Script& script, const Restarted& restarted, Reverting reverting) {
  if (restarted.same_boot) return reverting;
  reverting.booted_anew = true;
  if (waits_for_boot(script)) {
    reverting.rebooted = true;
    reverting.needs_boot = restarted.new_is_committed;
    return reverting;
  }
  if (!restarted.run_was_kept && !reverting.set_back) reverting.rebooted = true;
  return reverting;
}

Transition begin_revert(const Script& script, Reverting reverting) {
  reverting.step = 0;
  reverting.stays_set = false;
  reverting.observing = false;
  reverting.soaking = false;
  auto transition = continue_from(script, std::move(reverting), 0);
  if (std::get<Reverting>(transition.next).observing) return transition;
  // Impatience with the new is no reason to give up on the old.
  const auto time = std::max(script.activation_timeout, std::chrono::milliseconds(kActivationTimeout));
  return preceded_by({ArmDeadline{time}}, std::move(transition));
}

std::optional<Transition> step_reverting(const Script& script, const Reverting& state,
                                         const ActivationEvent& event, std::chrono::milliseconds soak) {
  const auto with_soaking = [&](bool soaking, Action action) {
    auto next = state;
    next.soaking = soaking;
    return Transition{std::move(next), {std::move(action)}};
  };
  return std::visit(Overloaded{
                        [&](const StepDone&) -> Answer {
                          if (state.observing || goes_down(script, state)) return std::nullopt;
                          return continue_from(script, state, state.step + 1);
                        },
                        [&](const StepFailed& failed) -> Answer {
                          if (state.observing) return std::nullopt;
                          if (may_stay_set(script, state)) return leave_set(script, state, failed.cause);
                          return try_again(script, state, Outcome::revert_failed, {failed.cause});
                        },
                        [&](const Superseded& superseded) -> Answer {
                          auto next = state;
                          next.superseded = true;
                          add_cause(next, superseded.cause);
                          return continue_from(script, std::move(next), state.step + 1);
                        },
                        [&](const GateHealthy&) -> Answer {
                          if (!state.observing || state.soaking) return std::nullopt;
                          if (soak.count() == 0) return conclude(state, good_end(state), {});
                          return with_soaking(true, ArmSoak{soak});
                        },
                        [&](const GatePending&) -> Answer {
                          if (!state.observing || !state.soaking) return std::nullopt;
                          return with_soaking(false, DisarmSoak{});
                        },
                        [&](const GateUnhealthy& unhealthy) -> Answer {
                          if (!state.observing) return std::nullopt;
                          // What somebody else has switched to need not run what ran before.
                          if (state.superseded) return conclude(state, Outcome::superseded, {});
                          return try_again(script, state, Outcome::reverted_unhealthy, unhealthy.causes);
                        },
                        [&](const SoakElapsed&) -> Answer {
                          if (!state.observing || !state.soaking) return std::nullopt;
                          return conclude(state, good_end(state), {});
                        },
                        [&](const DeadlineReached& late) -> Answer {
                          if (state.observing && state.superseded)
                            return conclude(state, Outcome::superseded, {});
                          auto why = late.pending;
                          if (why.empty()) why.push_back(Cause{"the revert took too long", "", "", {}, {}});
                          return try_again(
                              script, state,
                              state.observing ? Outcome::reverted_unhealthy : Outcome::revert_failed, why);
                        },
                        [&](const Restarted& again) -> Answer { return restarted(script, state, again); },
                        [](const auto&) -> Answer { return std::nullopt; },
                    },
                    event);
}

}  // namespace switchback
