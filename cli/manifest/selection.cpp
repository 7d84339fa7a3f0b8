// SPDX-License-Identifier: MIT
#include "cli/manifest/selection.hpp"

#include "activator/protocol/json_reader.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <set>

namespace switchback {
namespace {

using nlohmann::json;

constexpr std::size_t kNamesShown = 8;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  if (!object.is_object()) return names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

/// People get the first letter right: «wbe» is web, not db.
std::optional<std::string> meant(const std::string& name, const std::vector<std::string>& names) {
  std::set<std::string, std::less<>> alike;
  for (const auto& candidate : names) {
    if (!name.empty() && candidate.starts_with(name.front())) alike.insert(candidate);
  }
  const auto likely = nearest(name, alike);
  return likely ? likely : nearest(name, {names.begin(), names.end()});
}

/// «; did you mean web? There are: db, web».
std::string alternatives(const std::string& name, const std::vector<std::string>& names) {
  if (names.empty()) return "; there is none at all";
  const auto near = meant(name, names);
  std::string out = near ? "; did you mean " + attribute_text(printable(*near)) + "?" : ";";
  out += near ? " There are: " : " there are: ";
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    out += (i == 0 ? "" : ", ") + attribute_text(printable(names[i]));
  }
  if (names.size() > kNamesShown) out += " and " + std::to_string(names.size() - kNamesShown) + " more";
  return out;
}

Status check_profiles(const Selection::Wanted& wanted, const std::vector<std::string>& names) {
  for (const auto& profile : wanted.profiles) {
    if (contains(names, profile)) continue;
    return fail(Errc::invalid_request, "node " + attribute_text(printable(wanted.node)) + " has no profile " +
                                           attribute_text(printable(profile)) + alternatives(profile, names));
  }
  return {};
}

}  // namespace

const Selection::Wanted* Selection::find(const std::string& node) const {
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& wanted) { return wanted.node == node; });
  return found == nodes.end() ? nullptr : &*found;
}

Selection selection_of(const std::vector<Target>& targets) {
  Selection selection{.all = targets.empty()};
  for (const auto& target : targets) {
    if (!target.node) {
      selection.all = true;
      continue;
    }
    auto found = std::find_if(selection.nodes.begin(), selection.nodes.end(),
                              [&](const auto& wanted) { return wanted.node == *target.node; });
    if (found == selection.nodes.end()) {
      selection.nodes.push_back({*target.node, {}});
      if (target.profile) selection.nodes.back().profiles.push_back(*target.profile);
    } else if (!target.profile) {
      found->profiles.clear();
    } else if (!found->profiles.empty() && !contains(found->profiles, *target.profile)) {
      found->profiles.push_back(*target.profile);
    }
  }
  // All nodes are all profiles of each.
  if (selection.all) {
    for (auto& wanted : selection.nodes) wanted.profiles.clear();
  }
  return selection;
}

Status check_selection(const Selection& selection, const Evaluated& evaluated) {
  for (const auto& wanted : selection.nodes) {
    if (!contains(evaluated.nodes, wanted.node)) {
      return fail(Errc::invalid_request, "there is no node " + attribute_text(printable(wanted.node)) +
                                             alternatives(wanted.node, evaluated.nodes));
    }
    const auto names = evaluated.profiles.find(wanted.node);
    if (names == evaluated.profiles.end()) continue;
    if (auto good = check_profiles(wanted, names->second); !good) return good;
  }
  return {};
}

std::vector<std::string> selected_nodes(const Selection& selection, const Evaluated& evaluated) {
  std::vector<std::string> names;
  for (const auto& wanted : selection.nodes) names.push_back(wanted.node);
  if (!selection.all) return names;
  for (const auto& name : evaluated.nodes) {
    if (!contains(names, name)) names.push_back(name);
  }
  return names;
}

Evaluated select(const json& deploy, const Selection& selection) {
  Evaluated evaluated{.deploy = deploy};
  if (!deploy.is_object()) return evaluated;
  const auto found = evaluated.deploy.find("nodes");
  if (found == evaluated.deploy.end() || !found->is_object()) return evaluated;
  auto& nodes = *found;
  evaluated.nodes = keys(nodes);
  for (const auto& name : evaluated.nodes) {
    const auto* wanted = selection.find(name);
    if (wanted == nullptr && !selection.all) {
      nodes.erase(name);
      continue;
    }
    auto& node = nodes[name];
    const bool has_profiles = node.is_object() && node.contains("profiles");
    const auto names = has_profiles ? keys(node["profiles"]) : std::vector<std::string>{};
    evaluated.profiles[name] = names;
    for (const auto& profile : names) {
      const bool keep = wanted == nullptr || wanted->profiles.empty() || contains(wanted->profiles, profile);
      if (!keep) node["profiles"].erase(profile);
    }
  }
  return evaluated;
}

}  // namespace switchback
