// SPDX-License-Identifier: MIT
// rollback and remove: activations for which nothing is copied.
#include "cli/attempt.hpp"
#include "cli/check_programs.hpp"
#include "cli/verbs.hpp"

#include <optional>
#include <utility>

namespace switchback {
namespace {

/// The profile that the command line names, or the TARGET does, or the only one; where a manifest says it is,
/// unless the command line says otherwise. Errors: invalid_request.
Result<KnownProfile> meant_profile(const NodeAddress& address, std::optional<ProfileName> name,
                                   const Overrides& over) {
  if (!name) name = address.profile;
  if (!name && address.profiles.size() == 1) name = address.profiles.front().name;
  if (!name) {
    return fail(Errc::invalid_request, "which profile of " + address.node + "? Name it with --profile");
  }
  KnownProfile found{.name = *name};
  for (const auto& known : address.profiles) {
    if (known.name == *name) found = known;
  }
  found.user = over.profile_user.value_or(found.user);
  found.path = over.profile_path.value_or(found.path);
  return found;
}

/// `make` gives what is to be done to the profile that is meant.
template <class Make>
ExitStatus on_profile(const CommonOptions& common, const std::optional<ProfileName>& profile,
                      std::optional<std::chrono::milliseconds> wait, const Make& make) {
  return on_one_node(common, [&](const NodeAddress& address, const Interrupt& interrupt) {
    const auto meant = meant_profile(address, profile, common.overrides);
    if (!meant) return refuse(meant.error());
    const auto what = make(*meant);
    if (auto there = check_programs(what.checks); !there) return refuse(there.error());
    const auto remote = make_remote(address);
    const auto display = make_display(remote->name(), common.json, common.verbosity);
    auto follow = follow_settings(address);
    follow.reboot_timeout = common.overrides.reboot_timeout.value_or(follow.reboot_timeout);
    return attempt(what, {.remote = *remote,
                          .display = *display,
                          .interrupt = interrupt,
                          .follow = follow,
                          .wait = wait})
        .status;
  });
}

}  // namespace

ExitStatus run(const RollbackOptions& options) {
  return on_profile(options.common, options.profile, options.wait, [&](const KnownProfile& profile) {
    return rollback({options.how, profile.name, profile.user, profile.path, options.generation});
  });
}

ExitStatus run(const RemoveOptions& options) {
  return on_profile(options.common, options.profile, options.wait, [&](const KnownProfile& profile) {
    return removal({options.how, profile.name});
  });
}

}  // namespace switchback
