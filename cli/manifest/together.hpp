// SPDX-License-Identifier: MIT
// Several profiles of a node are one activation: makes one of what each of them says, then lays the command
// line over it. Decides which of two gates, times and confirms holds.
#pragma once

#include "activator/protocol/request.hpp"
#include "cli/manifest/node_parts.hpp"

#include <vector>

namespace switchback {

struct Together {
  ActivateRequest request;  // with an id of its own, and no changes
  bool fast_connection = false;
};

/// The longest times, the lowest flapLimit, all lists and checks, any strict, the strictest confirm (manual,
/// auto, none); autoRollback is off, prefailing "tolerate", and fastConnection on, only if all say so. Checks
/// of one name that differ are each kept under PROFILE.NAME. `base` gives what no manifest says.
/// Errors: invalid_request, for checks.
[[nodiscard]] Result<Together> together(const std::vector<NodePart>& parts, const Overrides& overrides,
                                        const ActivateRequest& base);

}  // namespace switchback
