// SPDX-License-Identifier: MIT
#include "activator/core/activation.hpp"

#include "activator/core/overloaded.hpp"
#include "activator/core/states.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace switchback {

bool waits_for_boot(const Script& script) { return script.by_boot && any_needs_boot(script.changes); }

bool could_go_by_boot(const Script& script) {
  // Units have no boot of their own to be tried in.
  const bool moves_units = std::any_of(
      script.changes.begin(), script.changes.end(),
      [](const PreparedChange& change) { return change.kind == Kind::units && change.changes_host(); });
  return script.mode == Mode::switch_now && script.reboot && !moves_units;
}

Transition begin() { return {Preparing{}, {ArmDeadline{kPreparingTimeout}}}; }

bool says_cancelled(const Cause& cause) { return cause.message.starts_with(moves::kCancelled); }

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
          [&](const Preparing&) { return moves::in_preparing(script, event); },
          [&](const Rehearsing& rehearsing) { return moves::in_rehearsing(script, rehearsing, event); },
          [&](const Switching& switching) { return moves::in_switching(script, switching, event); },
          [&](const AwaitingBoot& awaiting) { return moves::in_awaiting_boot(script, awaiting, event); },
          [&](const Observing& observing) { return moves::in_observing(script, observing, event); },
          [&](const AwaitingConfirmation& awaiting) {
            return moves::in_awaiting_confirmation(script, awaiting, event);
          },
          [&](const Testing& testing) { return moves::in_testing(script, testing, event); },
          [&](const Committing& committing) { return moves::in_committing(script, committing, event); },
          [&](const Reverting& reverting) {
            return step_reverting(script, reverting, event, moves::soak_of(script));
          },
          [&](const Finished& finished) -> std::optional<Transition> {
            // The activator died between the durable end and the tidying up after it.
            if (std::holds_alternative<Restarted>(event)) return Transition{finished, {Conclude{}}};
            return std::nullopt;
          },
      },
      state);
}

}  // namespace switchback
