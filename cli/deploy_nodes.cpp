// SPDX-License-Identifier: MIT
#include "cli/deploy_nodes.hpp"

#include "cli/exit_status.hpp"

#include <algorithm>

namespace switchback {
namespace {

struct Done {
  const NodeDeployment* node;
  Ended ended;
};

bool is_committed(const Ended& ended) {
  return ended.outcome && (ended.outcome->outcome == Outcome::committed ||
                           ended.outcome->outcome == Outcome::committed_unhealthy);
}

/// Of a node that had been committed and is rolled back because of another.
ExitStatus rolled_back(const std::vector<ExitStatus>& statuses) {
  // The old generation runs: what a revert is. Anything else leaves the node on a generation that the
  // deployment as a whole has not kept.
  return worst(statuses) == ExitStatus::done ? ExitStatus::reverted : ExitStatus::needs_a_person;
}

}  // namespace

std::vector<RollbackRequest> rollbacks_of(const NodeDeployment& node, const Ended& ended,
                                          const std::string& failed) {
  std::vector<RollbackRequest> out;
  const auto& changes = node.request.changes;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const auto before = std::find_if(ended.before.begin(), ended.before.end(), [&](const auto& profile) {
      return profile.generation.profile == change->profile.text();
    });
    const bool known = before != ended.before.end();
    if (known && change->closure && before->generation.closure == change->closure->text()) continue;
    RollbackRequest request{node.request, change->profile, change->user, change->profile_path, std::nullopt};
    request.how.id = ActivationId::random();
    request.how.changes.clear();
    request.how.gate.checks.clear();  // of what was deployed: what ran before may not pass them
    request.how.note = "rolled back, because " + failed + " failed";
    if (known) request.generation = before->generation.number;
    out.push_back(std::move(request));
  }
  return out;
}

ExitStatus deploy_nodes(const std::vector<NodeDeployment>& nodes, const NodeActions& actions,
                        bool rollback_succeeded) {
  std::vector<Done> done;
  std::vector<ExitStatus> statuses;
  std::string failed;
  for (const auto& node : nodes) {
    auto ended = actions.deploy(node);
    statuses.push_back(ended.status);
    if (ended.status != ExitStatus::done) {
      failed = node.address.node;
      break;
    }
    if (is_committed(ended)) done.push_back({&node, std::move(ended)});
  }
  if (failed.empty() || !rollback_succeeded) return worst(statuses);
  for (auto earlier = done.rbegin(); earlier != done.rend(); ++earlier) {
    if (!earlier->node->request.auto_rollback || actions.detached()) continue;
    std::vector<ExitStatus> back;
    for (const auto& request : rollbacks_of(*earlier->node, earlier->ended, failed)) {
      back.push_back(actions.roll_back(*earlier->node, request, failed));
    }
    if (!back.empty()) statuses.push_back(rolled_back(back));
  }
  return worst(statuses);
}

}  // namespace switchback
