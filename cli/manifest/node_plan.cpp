// SPDX-License-Identifier: MIT
#include "cli/manifest/node_plan.hpp"

#include "activator/protocol/check_store_paths.hpp"
#include "cli/manifest/together.hpp"
#include "cli/pusher_checks.hpp"
#include "cli/text.hpp"

#include <nlohmann/json.hpp>

namespace switchback {
namespace {

tl::unexpected<Error> wrong(const std::string& where, const std::string& what) {
  return fail(Errc::invalid_request, where + ": " + what);
}

std::string path_of_profile(const NodePart& part, const Overrides& overrides) {
  return overrides.profile_path.value_or(part.profile.profile_path.value_or(""));
}

Result<NodeAddress> address_for(const NodeView& view, const std::vector<NodePart>& parts,
                                const Overrides& overrides) {
  const auto says =
      parts.empty() ? effective(view.deploy, view.node.settings, {}) : login_part(parts, overrides).says;
  const auto user = ssh_user(says, overrides);
  const auto host = overrides.hostname.value_or(view.node.hostname);
  NodeAddress address{
      .node = view.name, .destination = user ? *user + "@" + host : host, .ssh_options = view.ssh_options};
  address.sudo = overrides.sudo.value_or(says.sudo.value_or(""));
  for (const auto& word : overrides.ssh_options.value_or(says.ssh_options)) {
    address.ssh_options.push_back(word);
  }
  for (const auto& part : parts) {
    // Not as one braced list: g++ 12 then destroys the default of `user` twice.
    KnownProfile known{.name = *ProfileName::parse(part.name)};
    known.user = profile_user(part.says, overrides).value_or(known.user);
    known.path = path_of_profile(part, overrides);
    address.profiles.push_back(std::move(known));
  }
  if (auto good = check_destination(address.destination); !good) {
    return wrong(node_path(view) + ".hostname", good.error().message);
  }
  return address;
}

Result<ChangeRequest> change_for(const NodeView& view, const NodePart& part, const Overrides& overrides) {
  const auto where = profile_path(view, part.name);
  if (!part.profile.path) return wrong(where + ".path", "is missing");
  const auto user = profile_user(part.says, overrides);
  if (!user) {
    return wrong(where,
                 "neither user nor sshUser is set, so it is not known whom the profile belongs to; set "
                 "user = \"root\" for a system or its services");
  }
  return ChangeRequest{.profile = *ProfileName::parse(part.name),
                       .closure = part.profile.path,
                       .user = *user,
                       .profile_path = path_of_profile(part, overrides),
                       .kind = overrides.kind ? overrides.kind : part.profile.kind};
}

/// Whether its gate and its confirm can be passed at all.
Status check_judgement(const NodeView& view, const ActivateRequest& request) {
  auto gate = parse_gate_policy(to_json(request.gate), "gate");
  if (!gate) return wrong(node_path(view), gate.error().message);
  if (auto good = check_confirmable(request); !good) return wrong(node_path(view), good.error().message);
  return {};
}

/// What the activator would refuse is refused here, in the words of the manifest.
Status check_request(const NodeView& view, const ActivateRequest& request) {
  const auto parsed = parse_activate(to_json(request));
  if (parsed) return {};
  auto message = parsed.error().message;
  for (std::size_t i = 0; i < request.changes.size(); ++i) {
    const auto prefix = "changes[" + std::to_string(i) + "]";
    if (!message.starts_with(prefix)) continue;
    message.replace(0, prefix.size(), profile_path(view, request.changes[i].profile.text()));
    return fail(Errc::invalid_request, message);
  }
  return wrong(node_path(view), message);
}

ClosureBuild build_for(const NodeView& view, const NodePart& part, const StorePath& closure,
                       const Installables& installables) {
  ClosureBuild build{.node = view.name, .profile = part.name, .closure = closure};
  const auto found = installables.closures.find(part.name);
  if (found != installables.closures.end()) build.installables = found->second;
  return build;
}

/// What checks run out of the store, if nix can tell what it is built from; else it must be there.
void add_programs(NodePlan& plan, const NodeView& view, const Words& installables) {
  if (installables.empty()) return;
  for (const auto& [name, check] : plan.deployment.request.gate.checks) {
    for (const auto& path : store_paths_of(check)) {
      plan.builds.push_back({.node = view.name,
                             .profile = "",
                             .closure = path,
                             .installables = installables,
                             .check = name,
                             .stays_here = check.side == CheckSide::pusher});
    }
  }
}

std::string cannot_build_on_host(const ClosureBuild& build) {
  return "remoteBuild is not possible for " + description(build) +
         ": there is nothing to build it from, so it is copied";
}

}  // namespace

std::string description(const ClosureBuild& build) {
  const auto what = build.check.empty() ? "profile " + build.profile : "check " + printable(build.check);
  return what + " of node " + build.node + " (" + build.closure.text() + ")";
}

Result<NodeAddress> address_of(const NodeView& view, const Overrides& overrides) {
  const auto parts = parts_of(view);
  if (!parts) return tl::make_unexpected(parts.error());
  return address_for(view, *parts, overrides);
}

Result<NodeDeployment> judgement_of(const NodeView& view, const Overrides& overrides,
                                    const ActivateRequest& base) {
  const auto parts = parts_of(view);
  if (!parts) return tl::make_unexpected(parts.error());
  auto address = address_for(view, *parts, overrides);
  if (!address) return tl::make_unexpected(address.error());
  auto joint = together(*parts, overrides, base);
  if (!joint) return wrong(node_path(view), joint.error().message);
  if (auto good = check_judgement(view, joint->request); !good) return tl::make_unexpected(good.error());
  return NodeDeployment{.address = std::move(*address), .request = std::move(joint->request)};
}

Result<NodePlan> plan_node(const NodeView& view, const Installables& installables, const Overrides& overrides,
                           const ActivateRequest& base) {
  const auto parts = parts_of(view);
  if (!parts) return tl::make_unexpected(parts.error());
  auto address = address_for(view, *parts, overrides);
  if (!address) return tl::make_unexpected(address.error());
  if (overrides.profile_path && parts->size() > 1) {
    return wrong(node_path(view), "--profile-path is for one profile; name it, as in TARGET#NODE.PROFILE");
  }
  const auto joint = together(*parts, overrides, base);
  if (!joint) return wrong(node_path(view), joint.error().message);
  NodePlan plan{.deployment = {.address = std::move(*address),
                               .request = joint->request,
                               .fast_connection = joint->fast_connection,
                               .check_signatures = overrides.check_signatures.value_or(false)},
                .notes = notes_on(view, *parts, overrides)};
  for (const auto& part : *parts) {
    auto change = change_for(view, part, overrides);
    if (!change) return tl::make_unexpected(change.error());
    plan.builds.push_back(build_for(view, part, *change->closure, installables));
    auto& build = plan.builds.back();
    if (overrides.remote_build.value_or(part.says.remote_build)) {
      build.on_host = !build.installables.empty();
      if (build.installables.empty()) plan.notes.push_back(cannot_build_on_host(build));
    }
    plan.deployment.request.changes.push_back(std::move(*change));
  }
  if (parts->empty()) return plan;
  const auto& request = plan.deployment.request;
  if (auto good = check_request(view, request); !good) return tl::make_unexpected(good.error());
  if (auto good = check_judgement(view, request); !good) return tl::make_unexpected(good.error());
  add_programs(plan, view, installables.checks);
  return plan;
}

}  // namespace switchback
