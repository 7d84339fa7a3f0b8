// SPDX-License-Identifier: MIT
// A deployment to several nodes: one after another, the first failure stops, what was committed before it is
// rolled back. Decides the order and what counts most in the end; how one node is deployed to is decided by
// the verb.
#pragma once

#include "cli/attempt.hpp"
#include "cli/plan_deployment.hpp"

#include <functional>
#include <string>
#include <vector>

namespace switchback {

struct NodeActions {
  std::function<Ended(const NodeDeployment&)> deploy;
  /// `failed`: the node because of which.
  std::function<ExitStatus(const NodeDeployment&, const RollbackRequest&, const std::string& failed)>
      roll_back;
  /// Whether somebody wants out: then nothing more is begun.
  std::function<bool()> detached = [] { return false; };
};

[[nodiscard]] ExitStatus deploy_nodes(const std::vector<NodeDeployment>& nodes, const NodeActions& actions,
                                      bool rollback_succeeded);

/// What brings `node` back to what its profiles named before: one for each profile that was moved, the last
/// first.
[[nodiscard]] std::vector<RollbackRequest> rollbacks_of(const NodeDeployment& node, const Ended& ended,
                                                        const std::string& failed);

}  // namespace switchback
