// SPDX-License-Identifier: MIT
// Which program of a closure is run, with which arguments and environment: NixOS's, deploy-rs's and
// home-manager's contracts. Decides the command line; not when it is run, nor what its end means.
#pragma once

#include "activator/core/steps.hpp"
#include "activator/ports/programs.hpp"

namespace switchback {

/// Errors: invalid_closure when `closure` has no such program.
/// Source: deploy-rs, src/bin/activate.rs: PROFILE, DRY_ACTIVATE, BOOT, and the profile as working directory.
[[nodiscard]] Result<ProgramRun> program_for(const PreparedChange& change, ProgramVerb verb,
                                             const StorePath& closure, const ClosureContent& content);

}  // namespace switchback
