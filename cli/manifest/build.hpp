// SPDX-License-Identifier: MIT
// Makes the planned closures exist: here, or on the host where remoteBuild says so. Decides what is built
// where and in which order; nix's own words pass untouched.
#pragma once

#include "cli/interrupt.hpp"
#include "cli/manifest/node_plan.hpp"

#include <string>
#include <vector>

namespace switchback {

struct BuildSettings {
  Words nix_arguments{};   // what the user gave after `--`
  std::string keep_in{};   // --keep-result: links DIRECTORY/NODE/PROFILE; empty: none
  std::string key_file{};  // $LOCAL_KEY: signs what was built here
};

/// --checks: `nix flake check`, which deploy-rs does unasked. Errors: refused.
[[nodiscard]] Status check_flake(const std::string& flake, const BuildSettings& settings,
                                 const Interrupt& interrupt);

/// Afterwards every closure is in this machine's store or, for a node whose deployment says `remote_build`,
/// on its host. Errors: refused when something could not be built, naming the profiles; unavailable when the
/// host of a remoteBuild cannot be reached.
[[nodiscard]] Status build(std::vector<NodePlan>& plans, const BuildSettings& settings,
                           const Interrupt& interrupt);

}  // namespace switchback
