// SPDX-License-Identifier: MIT
// The selected profiles of a node, each with what holds for it. Decides in which order they come, whom a
// profile belongs to, and which of them says how to log in.
#pragma once

#include "cli/manifest/manifest.hpp"

#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// One node of a manifest, and what is known about it beside.
struct NodeView {
  const std::string& name;
  const Node& node;
  const Settings& deploy;
  const std::vector<std::string>& profile_names;  // all, selected or not
  const Words& ssh_options;                       // of the command line, before those of the manifest
};

struct NodePart {
  std::string name;
  const Profile& profile;
  Effective says;
};

/// Those of profilesOrder, then the rest by name. Errors: invalid_request for a profilesOrder with a name
/// that is not there.
[[nodiscard]] Result<std::vector<NodePart>> parts_of(const NodeView& view);

/// Who logs in; ssh decides when absent.
[[nodiscard]] std::optional<std::string> ssh_user(const Effective& says, const Overrides& overrides);
/// Whom a profile belongs to; nothing says so when absent.
/// Source: https://github.com/serokell/deploy-rs, src/lib.rs, get_profile_user.
[[nodiscard]] std::optional<std::string> profile_user(const Effective& says, const Overrides& overrides);
/// There is one login for all of `parts`, of which there is one at least: that of the first profile that
/// belongs to root, which deploy-rs gave sudo; else that of the first.
[[nodiscard]] const NodePart& login_part(const std::vector<NodePart>& parts, const Overrides& overrides);

/// What of the manifest is not used, a sentence each.
[[nodiscard]] std::vector<std::string> notes_on(const NodeView& view, const std::vector<NodePart>& parts,
                                                const Overrides& overrides);

/// `nodes.web`, and `nodes.web.profiles.system`: where it stands in the manifest.
[[nodiscard]] std::string node_path(const NodeView& view);
[[nodiscard]] std::string profile_path(const NodeView& view, const std::string& profile);

}  // namespace switchback
