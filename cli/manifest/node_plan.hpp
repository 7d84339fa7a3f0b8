// SPDX-License-Identifier: MIT
// From a node of a manifest to one activation on one host: its profiles in order, their gates and confirms
// made one, the command line laid over it. Decides who logs in, and what several profiles of a node are
// together; nothing is built.
#pragma once

#include "cli/manifest/node_parts.hpp"
#include "cli/plan_deployment.hpp"

#include <map>
#include <string>
#include <vector>

namespace switchback {

/// A closure, and how it comes into being.
struct ClosureBuild {
  std::string node;
  std::string profile;  // empty: it is what `check` runs
  StorePath closure;
  Words installables{};  // what nix builds it from; none: it is there already, or a substituter has it
  bool on_host = false;  // remoteBuild; needs something to build from
  std::string check{};
  bool stays_here = false;  // the host has no use for it
};
/// «profile system of node web (/nix/store/…)».
[[nodiscard]] std::string description(const ClosureBuild& build);

struct NodePlan {
  NodeDeployment deployment;
  std::vector<ClosureBuild> builds{};  // one for each change, then what checks run
  std::vector<std::string> notes{};    // a sentence each, for a person
};

/// What closures and the programs of checks are built from.
struct Installables {
  std::map<std::string, Words> closures{};  // by profile
  Words checks{};
};

/// `base` is what the command line says about every activation; each gets an
/// id of its own. A node without profiles gives an activation without changes. Errors: invalid_request, with
/// the path in the document.
[[nodiscard]] Result<NodePlan> plan_node(const NodeView& view, const Installables& installables,
                                         const Overrides& overrides, const ActivateRequest& base);
/// The same without what is activated: how its activation would be judged and confirmed.
[[nodiscard]] Result<NodeDeployment> judgement_of(const NodeView& view, const Overrides& overrides,
                                                  const ActivateRequest& base);
/// How the node is reached, and its selected profiles in the order in which they are activated. A profile of
/// which nothing says whose it is counts as root's. Errors: invalid_request, as above.
[[nodiscard]] Result<NodeAddress> address_of(const NodeView& view, const Overrides& overrides);

}  // namespace switchback
