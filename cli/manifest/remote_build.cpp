// SPDX-License-Identifier: MIT
#include "cli/manifest/remote_build.hpp"

#include "cli/copy.hpp"
#include "cli/manifest/nix_commands.hpp"
#include "cli/manifest/run_nix.hpp"
#include "cli/ssh_remote.hpp"

#include <algorithm>
#include <chrono>

namespace switchback {
namespace {

constexpr std::chrono::hours kBuildLimit{24};

Status build_one(const ClosureBuild& build, const SshRemote& host, const BuildSettings& settings,
                 const Interrupt& interrupt) {
  const auto& destination = host.settings().destination;
  const NixRun over_ssh{.limit = kBuildLimit, .environment = {{"NIX_SSHOPTS", host.nix_options()}}};
  for (const auto& word : build.installables) {
    const auto copied = run_nix(nix_copy_derivation(word, destination), over_ssh, interrupt);
    if (!copied) return tl::make_unexpected(copied.error());
    if (copied->status != 0) {
      return fail(Errc::refused, "nix could not copy the derivation of " + description(build) + " to " +
                                     host.name() + "; what it says is above");
    }
    const auto built =
        run_nix(nix_build_on_host(word, destination, settings.nix_arguments), over_ssh, interrupt);
    if (!built) return tl::make_unexpected(built.error());
    if (built->status != 0) {
      return fail(Errc::refused,
                  description(build) +
                      " was not built on the host; what nix says is above, and nothing was activated");
    }
  }
  return {};
}

}  // namespace

Status build_on_host(NodePlan& plan, const BuildSettings& settings, const Interrupt& interrupt) {
  const auto on_host = [](const ClosureBuild& build) { return build.on_host; };
  if (std::none_of(plan.builds.begin(), plan.builds.end(), on_host)) return {};
  SshRemote host(ssh_settings(plan.deployment.address), plan.deployment.address.node);
  if (auto connected = host.connect(interrupt); !connected) {
    return fail(connected.error().code, host.name() + ": " + connected.error().message);
  }
  std::vector<StorePath> built_here;
  for (const auto& build : plan.builds) {
    if (!build.on_host) {
      if (!build.stays_here) built_here.push_back(build.closure);
      continue;
    }
    if (auto built = build_one(build, host, settings, interrupt); !built) return built;
  }
  const CopyOptions options{plan.deployment.fast_connection, plan.deployment.check_signatures};
  if (!built_here.empty()) {
    if (auto copied = copy_closures(built_here, host, options, interrupt); !copied) return copied;
  }
  plan.deployment.remote_build = true;
  return {};
}

}  // namespace switchback
