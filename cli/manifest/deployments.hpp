// SPDX-License-Identifier: MIT
// From TARGETs to what is done on which host: evaluates, reads, plans and builds, in this order. The entry to
// this folder.
#pragma once

#include "cli/display.hpp"
#include "cli/manifest/evaluate.hpp"
#include "cli/manifest/node_plan.hpp"

#include <functional>
#include <string>
#include <vector>

namespace switchback {

struct ManifestRun {
  const Interrupt& interrupt;
  Words ssh_options{};  // of --ssh-opt: before those of the manifest
  /// The steps `evaluate`, `check` (with --checks) and `build`. nix writes to the terminal after each
  /// beginning.
  std::function<void(const Step&)> step = [](const Step& /*step*/) {};
  /// Something a person should know, a sentence; each is said once.
  std::function<void(const std::string&)> note = [](const std::string& /*text*/) {};
};

/// One activation for each selected node, built, in the order of the targets; none of them empty. `base` is
/// what the command line says about every activation. `targets` may be empty: then it is everything in `.`,
/// or in the source's file. Errors: invalid_request for whatever is wrong with the manifest or the targets
/// (exit status 2), refused when something cannot be built (1), unavailable when a remoteBuild finds no host
/// (5).
[[nodiscard]] Result<std::vector<NodeDeployment>> deployments_of(const std::vector<Target>& targets,
                                                                 const ManifestSource& source,
                                                                 const Overrides& overrides,
                                                                 const ActivateRequest& base,
                                                                 const ManifestRun& run);

/// The same without building; those without profiles too. Errors: invalid_request, refused.
[[nodiscard]] Result<std::vector<NodePlan>> plans_of(const std::vector<Target>& targets,
                                                     const ManifestSource& source, const Overrides& overrides,
                                                     const ActivateRequest& base, const ManifestRun& run);

/// How the selected nodes are reached, for the verbs that only ask: no closure is evaluated.
[[nodiscard]] Result<std::vector<NodeAddress>> addresses_of(const std::vector<Target>& targets,
                                                            const ManifestSource& source,
                                                            const Overrides& overrides,
                                                            const ManifestRun& run);

/// How the nodes are reached, and how an activation there would be judged and confirmed: no closure is
/// evaluated, the requests have no changes. Errors: as deployments_of().
[[nodiscard]] Result<std::vector<NodeDeployment>> judgements_of(const std::vector<Target>& targets,
                                                                const ManifestSource& source,
                                                                const Overrides& overrides,
                                                                const ActivateRequest& base,
                                                                const ManifestRun& run);

}  // namespace switchback
