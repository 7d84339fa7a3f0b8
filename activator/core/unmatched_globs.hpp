// SPDX-License-Identifier: MIT
// Which of the gate's globs say nothing about this host, and which unit was probably meant.
#pragma once

#include "activator/protocol/gate_policy.hpp"

#include <set>
#include <string>
#include <vector>

namespace switchback {

/// A sentence for each glob that matches none of `units`; `which` says in it which units these are.
[[nodiscard]] std::vector<std::string> unmatched_globs(const GatePolicy& policy,
                                                       const std::set<std::string, std::less<>>& units,
                                                       const std::string& which);

}  // namespace switchback
