// SPDX-License-Identifier: MIT
// The state machine's way back, a part of activation.hpp: two attempts at most, and the same gate at their
// end.
#pragma once

#include "activator/core/activation.hpp"

#include <chrono>
#include <optional>

namespace switchback {

/// `transition`, with `actions` done before its own.
[[nodiscard]] Transition preceded_by(std::vector<Action> actions, Transition transition);

/// `reverting`, with what another boot has done to the trial. What a boot amid a commit has brought up is not
/// known, unless the trial is a boot.
[[nodiscard]] Reverting found_by(const Script& script, const Restarted& restarted, Reverting reverting);

/// Enters the revert at its first step.
[[nodiscard]] Transition begin_revert(const Script& script, Reverting reverting);

/// What `event` means while reverting.
[[nodiscard]] std::optional<Transition> step_reverting(const Script& script, const Reverting& state,
                                                       const ActivationEvent& event,
                                                       std::chrono::milliseconds soak);

}  // namespace switchback
