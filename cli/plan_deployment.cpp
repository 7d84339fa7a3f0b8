// SPDX-License-Identifier: MIT
#include "cli/plan_deployment.hpp"

#include "cli/manifest/deployments.hpp"
#include "cli/ssh.hpp"

#include <iostream>
#include <memory>

namespace switchback {
namespace {

/// Of --host and --local.
NodeAddress direct_address(const CommonOptions& common) {
  if (common.local) return local_address();
  NodeAddress address{.node = node_name(common.destination),
                      .destination = common.destination,
                      .ssh_options = common.ssh_options};
  address.sudo = common.overrides.sudo.value_or("");
  for (const auto& word : common.overrides.ssh_options.value_or(Words{})) address.ssh_options.push_back(word);
  return address;
}

ManifestSource source_of(const CommonOptions& common) {
  return {.file = common.file.value_or(""), .nix_arguments = common.nix_arguments};
}

ManifestRun run_of(const CommonOptions& common, const Interrupt& interrupt) {
  ManifestRun run{.interrupt = interrupt, .ssh_options = common.ssh_options};
  if (common.verbosity >= 0) {
    run.note = [](const std::string& text) { std::cerr << "switchback: " << text << '\n'; };
  }
  if (common.verbosity > 0) {
    run.step = [](const Step& step) {
      if (step.state == StepState::begun)
        std::cerr << "switchback: " << step.name << ' ' << step.detail << '\n';
    };
  }
  return run;
}

/// With --json, what is done for no node alone is told in the same stream as the rest.
ManifestRun deployment_run(const CommonOptions& common, const Interrupt& interrupt) {
  auto run = run_of(common, interrupt);
  if (common.json) {
    const std::shared_ptr<Display> display = make_display("", common.json, common.verbosity);
    run.step = [display](const Step& step) { display->step(step); };
  }
  return run;
}

}  // namespace

Result<std::vector<NodeDeployment>> plan_deployment(const DeployOptions& options,
                                                    const Interrupt& interrupt) {
  const auto& common = options.common;
  if (!common.targets.empty()) {
    const auto targets = parse_targets(common.targets, common.file.has_value());
    if (!targets) return tl::make_unexpected(targets.error());
    return deployments_of(*targets, source_of(common), common.overrides, options.request,
                          deployment_run(common, interrupt));
  }
  return std::vector{NodeDeployment{.address = direct_address(common),
                                    .request = options.request,
                                    .fast_connection = common.overrides.fast_connection.value_or(false),
                                    .check_signatures = common.overrides.check_signatures.value_or(false),
                                    .remote_build = common.overrides.remote_build.value_or(false)}};
}

Result<std::vector<NodeDeployment>> plan_check(const CheckOptions& options, const Interrupt& interrupt) {
  const auto& common = options.common;
  const ActivateRequest base{.id = ActivationId::random(), .changes = {}, .gate = {}, .note = {}};
  if (common.targets.empty()) {
    return std::vector{NodeDeployment{.address = direct_address(common), .request = base}};
  }
  const auto targets = parse_targets(common.targets, common.file.has_value());
  if (!targets) return tl::make_unexpected(targets.error());
  return judgements_of(*targets, source_of(common), common.overrides, base, run_of(common, interrupt));
}

Result<std::vector<NodeAddress>> find_nodes(const CommonOptions& common, const Interrupt& interrupt) {
  if (!common.targets.empty()) {
    const auto targets = parse_targets(common.targets, common.file.has_value());
    if (!targets) return tl::make_unexpected(targets.error());
    return addresses_of(*targets, source_of(common), common.overrides, run_of(common, interrupt));
  }
  return std::vector{direct_address(common)};
}

}  // namespace switchback
