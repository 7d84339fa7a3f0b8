// SPDX-License-Identifier: MIT
#include "cli/bootstrap_of_node.hpp"

#include "cli/address.hpp"
#include "cli/copy.hpp"

#include <memory>
#include <optional>

namespace switchback {

Activator activator_for(const DeployOptions& options, const Interrupt& interrupt) {
  const auto known = std::make_shared<std::optional<Result<ActivatorClosure>>>();
  return [known, named = options.activator, &interrupt] {
    if (!*known) {
      *known = find_activator(named).and_then(
          [&](const std::string& prefix) { return activator_closure(prefix, interrupt); });
    }
    return **known;
  };
}

Bootstrap bootstrap_of(const NodeDeployment& node, SshRemote& remote, const Activator& activator,
                       const Interrupt& interrupt) {
  Bootstrap out{
      .activator = activator, .copy = [&node, &remote, &interrupt](const ActivatorClosure& copied) {
        return copy_closures({copied.path}, remote, {node.fast_connection, node.check_signatures}, interrupt);
      }};
  out.escalation = ssh_settings(node.address).escalation;
  for (const auto& change : node.request.changes) {
    if (!change.closure) continue;
    if (change.kind)
      out.units = out.units || *change.kind == Kind::units;
    else if (node.remote_build)
      out.unknown.push_back(*change.closure);
    else
      out.units = out.units || is_of_units(*change.closure);
  }
  return out;
}

}  // namespace switchback
