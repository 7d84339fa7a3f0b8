// SPDX-License-Identifier: MIT
#include "cli/plan_deployment.hpp"

#include "cli/text.hpp"

namespace switchback {
namespace {

/// Of --host and --local.
NodeAddress direct_address(const CommonOptions& common) {
  if (common.local) return local_address();
  NodeAddress address{.node = node_name(common.destination),
                      .destination = common.destination,
                      .ssh_options = common.ssh_options};
  for (const auto& word : common.overrides.ssh_options.value_or(Words{})) address.ssh_options.push_back(word);
  return address;
}

// The one place where a manifest comes in.
Error no_manifest(const CommonOptions& common) {
  return {Errc::invalid_request,
          "«" + printable(common.targets.front()) +
              "» is a TARGET, for which a manifest is needed: give --host and --path, or "
              "--local and --path"};
}

}  // namespace

Result<std::vector<NodeDeployment>> plan_deployment(const DeployOptions& options,
                                                    const Interrupt& /*interrupt*/) {
  const auto& common = options.common;
  if (!common.targets.empty()) return tl::make_unexpected(no_manifest(common));
  return std::vector{NodeDeployment{.address = direct_address(common),
                                    .request = options.request,
                                    .fast_connection = common.overrides.fast_connection.value_or(false),
                                    .check_signatures = common.overrides.check_signatures.value_or(false),
                                    .remote_build = common.overrides.remote_build.value_or(false)}};
}

Result<std::vector<NodeAddress>> find_nodes(const CommonOptions& common, const Interrupt& /*interrupt*/) {
  if (!common.targets.empty()) return tl::make_unexpected(no_manifest(common));
  return std::vector{direct_address(common)};
}

}  // namespace switchback
