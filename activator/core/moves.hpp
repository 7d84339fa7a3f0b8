// SPDX-License-Identifier: MIT
// What several states of an activation have in common: what is begun next, how it is gone back, and in which
// words. A part of activation.hpp; which state makes which move is decided in states.hpp.
#pragma once

#include "activator/core/activation.hpp"
#include "activator/core/reverting.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchback::moves {

/// nullopt: the event means nothing there.
using Answer = std::optional<Transition>;

inline constexpr std::string_view kCancelled = "cancelled";

/// How long all must stay healthy: no time when nothing was touched.
[[nodiscard]] std::chrono::milliseconds soak_of(const Script& script);

// --- On.
[[nodiscard]] Answer refuse(Cause cause);
/// Each begins its step number `index`, or what follows the last.
[[nodiscard]] Transition rehearse_from(const Script& script, std::size_t index);
[[nodiscard]] Transition switch_from(const Script& script, std::size_t index, std::vector<Cause> faults);
[[nodiscard]] Transition commit_from(const Script& script, std::size_t index, std::vector<Cause> faults);
[[nodiscard]] Transition await_boot(const Script& script, std::vector<Cause> faults);
[[nodiscard]] Transition observe(const Script& script, std::vector<Cause> faults);
[[nodiscard]] Transition gate_passed(const Script& script, bool confirmed, std::vector<Cause> faults);
[[nodiscard]] Transition commit(const Script& script, std::vector<Cause> faults);

// --- Back.
/// What stands before every revert: whatever is under way is abandoned.
[[nodiscard]] Answer revert(const Script& script, Reverting reverting);
/// From a trial of which all steps were begun.
[[nodiscard]] Reverting from_trial(const Script& script, std::vector<Cause> causes);

// --- What autoRollback = false makes a warning.
[[nodiscard]] std::vector<Cause> with(std::vector<Cause> faults, const std::vector<Cause>& more);
[[nodiscard]] Transition warned(const std::vector<Cause>& causes, Transition transition);
/// Whether the switch itself failed, and not what it needs to be a switch at all.
[[nodiscard]] bool may_be_tolerated(const Script& script, std::size_t index);

// --- Words.
[[nodiscard]] std::vector<Cause> one(std::string message);
[[nodiscard]] std::vector<Cause> cancelled(const CancelRequested& event);
[[nodiscard]] std::vector<Cause> deadline_causes(const DeadlineReached& event, std::string message);
[[nodiscard]] std::string seconds(std::chrono::milliseconds duration);

}  // namespace switchback::moves
