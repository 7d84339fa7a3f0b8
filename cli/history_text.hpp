// SPDX-License-Identifier: MIT
// A host's history on a terminal: a few lines for each activation, and everything about one.
#pragma once

#include "cli/finished_activation.hpp"

#include <cstddef>
#include <string>

namespace switchback {

/// For a list; with `whole` the id is shown in full. `width` 0: no limit.
[[nodiscard]] std::string entry_text(const FinishedActivation& finished, std::size_t width, bool whole);
/// One activation: phases with how long they took, plan, units, warnings, causes with their log, generations.
/// With `verbose` all that was logged and every state of every unit.
[[nodiscard]] std::string finished_text(const FinishedActivation& finished, std::size_t width, bool verbose);

}  // namespace switchback
