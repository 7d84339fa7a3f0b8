// SPDX-License-Identifier: MIT
// What each event means in each state of an activation, one function a state; Reverting has its own file,
// reverting.hpp. A part of activation.hpp.
#pragma once

#include "activator/core/moves.hpp"

namespace switchback::moves {

// --- Before the trial runs.
[[nodiscard]] Answer in_preparing(const Script& script, const ActivationEvent& event);
[[nodiscard]] Answer in_rehearsing(const Script& script, const Rehearsing& state,
                                   const ActivationEvent& event);
[[nodiscard]] Answer in_switching(const Script& script, const Switching& state, const ActivationEvent& event);
[[nodiscard]] Answer in_awaiting_boot(const Script& script, const AwaitingBoot& state,
                                      const ActivationEvent& event);

// --- While it runs.
[[nodiscard]] Answer in_observing(const Script& script, const Observing& state, const ActivationEvent& event);
[[nodiscard]] Answer in_awaiting_confirmation(const Script& script, const AwaitingConfirmation& state,
                                              const ActivationEvent& event);
[[nodiscard]] Answer in_testing(const Script& script, const Testing& state, const ActivationEvent& event);
[[nodiscard]] Answer in_committing(const Script& script, const Committing& state,
                                   const ActivationEvent& event);

}  // namespace switchback::moves
