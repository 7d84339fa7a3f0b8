// SPDX-License-Identifier: MIT
// What the gate expects after a trial, or after a revert, of the changes that were prepared.
#pragma once

#include "activator/core/steps.hpp"
#include "activator/core/verdict.hpp"

#include <vector>

namespace switchback {

[[nodiscard]] Expectation expectation_of(const std::vector<PreparedChange>& changes, const Snapshot& baseline,
                                         const GatePolicy& policy, bool reverting);

}  // namespace switchback
