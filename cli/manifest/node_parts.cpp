// SPDX-License-Identifier: MIT
#include "cli/manifest/node_parts.hpp"

#include "activator/protocol/json_reader.hpp"
#include "cli/manifest/target.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <set>

namespace switchback {
namespace {

tl::unexpected<Error> wrong(const std::string& where, const std::string& what) {
  return fail(Errc::invalid_request, where + ": " + what);
}

Status check_order(const NodeView& view) {
  const std::set<std::string, std::less<>> known(view.profile_names.begin(), view.profile_names.end());
  std::set<std::string, std::less<>> seen;
  for (const auto& name : view.node.profiles_order) {
    const auto where = node_path(view) + ".profilesOrder";
    if (!seen.insert(name).second) return wrong(where, printable(name) + " is there twice");
    if (known.contains(name)) continue;
    const auto near = nearest(name, known);
    return wrong(where, "there is no profile «" + printable(name) + "»" +
                            (near ? "; did you mean " + *near + "?" : ""));
  }
  return {};
}

}  // namespace

Result<std::vector<NodePart>> parts_of(const NodeView& view) {
  if (auto good = check_order(view); !good) return tl::make_unexpected(good.error());
  std::vector<NodePart> parts;
  const auto add = [&](const std::string& name, const Profile& profile) {
    parts.push_back({name, profile, effective(view.deploy, view.node.settings, profile.settings)});
  };
  const auto& order = view.node.profiles_order;
  for (const auto& name : order) {
    const auto found = view.node.profiles.find(name);
    if (found != view.node.profiles.end()) add(name, found->second);
  }
  for (const auto& [name, profile] : view.node.profiles) {
    if (std::find(order.begin(), order.end(), name) == order.end()) add(name, profile);
  }
  return parts;
}

std::optional<std::string> ssh_user(const Effective& says, const Overrides& overrides) {
  return overrides.ssh_user ? overrides.ssh_user : says.ssh_user;
}

std::optional<std::string> profile_user(const Effective& says, const Overrides& overrides) {
  if (overrides.profile_user) return overrides.profile_user;
  return says.user ? says.user : ssh_user(says, overrides);
}

const NodePart& login_part(const std::vector<NodePart>& parts, const Overrides& overrides) {
  const auto of_root = std::find_if(parts.begin(), parts.end(), [&](const NodePart& part) {
    return profile_user(part.says, overrides) == "root";
  });
  return of_root == parts.end() ? parts.front() : *of_root;
}

std::vector<std::string> notes_on(const NodeView& view, const std::vector<NodePart>& parts,
                                  const Overrides& overrides) {
  std::vector<std::string> notes;
  const auto add = [&](const std::string& note) {
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
  };
  for (const auto* settings : {&view.deploy, &view.node.settings}) {
    for (const auto& said : replaced_options(*settings)) add(said);
  }
  for (const auto& part : parts) {
    for (const auto& said : replaced_options(part.profile.settings)) add(said);
  }
  if (parts.empty()) return notes;
  const auto& login = login_part(parts, overrides);
  for (const auto& part : parts) {
    const bool same = ssh_user(part.says, overrides) == ssh_user(login.says, overrides) &&
                      (overrides.ssh_options || part.says.ssh_options == login.says.ssh_options);
    if (!same) {
      add("one login is for all profiles of " + view.name + ", that of profile " + login.name +
          "; sshUser and sshOpts of profile " + part.name + " are not used");
    }
  }
  return notes;
}

std::string node_path(const NodeView& view) { return "nodes." + attribute_text(view.name); }
std::string profile_path(const NodeView& view, const std::string& profile) {
  return node_path(view) + ".profiles." + attribute_text(profile);
}

}  // namespace switchback
