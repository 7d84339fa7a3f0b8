// SPDX-License-Identifier: MIT
// What a bootstrap of one node of a deployment is: which activator, how it is copied, whether units are
// deployed. Decides nothing about the host, which has not been asked yet.
#pragma once

#include "cli/bootstrap.hpp"
#include "cli/plan_deployment.hpp"
#include "cli/ssh_remote.hpp"

#include <functional>

namespace switchback {

/// The activator that is brought along: made once for all hosts, and only if one of them needs it.
using Activator = std::function<Result<ActivatorClosure>()>;
[[nodiscard]] Activator activator_for(const DeployOptions& options, const Interrupt& interrupt);

/// All of them must outlive it.
[[nodiscard]] Bootstrap bootstrap_of(const NodeDeployment& node, SshRemote& remote,
                                     const Activator& activator, const Interrupt& interrupt);

}  // namespace switchback
