// SPDX-License-Identifier: MIT
// Builds on the host what remoteBuild asks for: its derivation is copied there, and nix builds in the host's
// store. Decides what is on the host afterwards, so that nothing is copied twice.
#pragma once

#include "cli/manifest/build.hpp"

namespace switchback {

/// All of `plan` that is to be, over one login. Sets its deployment's `remote_build` if there was anything;
/// then all of its closures are on the host. Errors: refused; unavailable when the host cannot be reached.
[[nodiscard]] Status build_on_host(NodePlan& plan, const BuildSettings& settings, const Interrupt& interrupt);

}  // namespace switchback
