// SPDX-License-Identifier: MIT
// From the command line to hosts, and to what is done on each: lists, in the order in which it is done.
// Decides who says what (a manifest, the command line, a default); nothing is copied and no host is reached.
#pragma once

#include "activator/protocol/request.hpp"
#include "cli/address.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"

#include <vector>

namespace switchback {

/// One host, and the activation that it is asked for.
struct NodeDeployment {
  NodeAddress address;
  ActivateRequest request;        // each with an id of its own
  bool fast_connection = false;   // the host downloads nothing itself
  bool check_signatures = false;  // the host does
  bool remote_build = false;      // the closures were built on the host: they are there already
};

/// Evaluates and builds, where a TARGET asks for that. Errors: invalid_request for what is wrong with the
/// command line or the manifest (exit 2), else what failed before any host changed.
[[nodiscard]] Result<std::vector<NodeDeployment>> plan_deployment(const DeployOptions& options,
                                                                  const Interrupt& interrupt);

/// The hosts, and how an activation there would be judged; nothing is built, and there are no changes.
/// Errors: as above.
[[nodiscard]] Result<std::vector<NodeDeployment>> plan_check(const CheckOptions& options,
                                                             const Interrupt& interrupt);

/// The hosts alone, for the other verbs. Errors: as above.
[[nodiscard]] Result<std::vector<NodeAddress>> find_nodes(const CommonOptions& common,
                                                          const Interrupt& interrupt);

}  // namespace switchback
