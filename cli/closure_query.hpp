// SPDX-License-Identifier: MIT
// Asks a host's nix for what closure_difference.hpp compares: both closures are in its store once the new one
// was copied. Decides which of nix's commands are asked, and how much of a closure is looked at.
#pragma once

#include "activator/protocol/event.hpp"
#include "activator/protocol/request.hpp"
#include "cli/closure_difference.hpp"
#include "cli/remote.hpp"

#include <vector>

namespace switchback {

/// What each of `changes` brings in comparison with what its profile names `now`. Errors: refused, with nix's
/// own words; unavailable.
[[nodiscard]] Result<std::vector<ClosureDifference>> query_differences(
    Remote& host, const std::vector<ChangeRequest>& changes, const std::vector<GenerationInfo>& now,
    const Waker* waker);

}  // namespace switchback
