// SPDX-License-Identifier: MIT
// The flags that deploy, rollback and remove share: how an activation is tried, judged and confirmed. Decides
// their names, and what follows from several of them together.
#pragma once

#include "cli/options_typed.hpp"

namespace CLI {
class App;
}

namespace switchback {

void add_how(CLI::App& verb, Typed& typed);
/// What is booted into: not of a removal.
void add_boot(CLI::App& verb, Typed& typed);
/// Whose profile, and where it is: not of a removal.
void add_profile_place(CLI::App& verb, Typed& typed);

/// A random id, no changes, everything else as the flags have it. Errors: invalid_request.
[[nodiscard]] Result<ActivateRequest> checked_how(const Typed& typed);
/// With the checks of the command line, where no manifest has any. Errors: invalid_request.
[[nodiscard]] Result<ActivateRequest> with_checks(ActivateRequest request, const CheckSays& says);

}  // namespace switchback
