// SPDX-License-Identifier: MIT
// Several profiles of a node are one activation: makes one of what each of them says, then lays the command
// line over it. Decides which of two gates, times and confirms holds.
#pragma once

#include "activator/protocol/request.hpp"
#include "cli/manifest/manifest.hpp"

#include <vector>

namespace switchback {

struct Together {
  ActivateRequest request;  // with an id of its own, and no changes
  bool fast_connection = false;
};

/// The longest times, the lowest flapLimit, all lists, any strict, the strictest confirm (manual, auto,
/// none); autoRollback is off, and fastConnection on, only if all say so. `base` gives what no manifest says.
[[nodiscard]] Together together(const std::vector<Effective>& profiles, const Overrides& overrides,
                                const ActivateRequest& base);

}  // namespace switchback
