// SPDX-License-Identifier: MIT
// Feeds the state machine with every event in every state, also those that an engine never brings together.
#pragma once

#include "tests/simulation/coverage.hpp"

#include <string>
#include <vector>

namespace switchback::simulation {

/// Feeds each pair of `script` once, and counts it. One line for each answer that is none: a step that does
/// not exist, a third attempt, an end that does not stay one, another answer to the same question.
[[nodiscard]] std::vector<std::string> feed_every_pair(const Script& script, Coverage& coverage);

}  // namespace switchback::simulation
