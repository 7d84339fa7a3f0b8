// SPDX-License-Identifier: MIT
// What the gate expects after a trial, or after a revert, of the changes that were prepared.
#pragma once

#include "activator/core/steps.hpp"
#include "activator/core/verdict.hpp"

#include <vector>

namespace switchback {

[[nodiscard]] Expectation expectation_of(const std::vector<PreparedChange>& changes, const Snapshot& baseline,
                                         const GatePolicy& policy, bool reverting);
/// What it expects after a boot into new systems, which has touched everything: that the boot comes to its
/// end, and that nothing fails that had not failed before.
[[nodiscard]] Expectation expectation_of_boot(const Snapshot& baseline, const GatePolicy& policy);

}  // namespace switchback
