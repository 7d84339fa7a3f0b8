// SPDX-License-Identifier: MIT
#include "activator/core/compare.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

namespace switchback {
namespace {

using Values = std::vector<std::string>;
using Key = std::pair<std::string, std::string>;  // section and key

// Of no consequence for a unit that runs.
constexpr std::array<std::string_view, 13> kIgnoredUnitKeys{
    "Description",     "Documentation",    "OnFailure",         "OnSuccess",        "OnFailureJobMode",
    "IgnoreOnIsolate", "StopWhenUnneeded", "RefuseManualStart", "RefuseManualStop", "AllowIsolate",
    "CollectMode",     "SourcePath",       "X-SwitchMethod"};

std::map<Key, Values> settings_of(const UnitFile& file) {
  std::map<Key, Values> settings;
  for (const auto& assignment : file.assignments()) {
    if (assignment.section == "Install") continue;
    settings.try_emplace({assignment.section, assignment.key},
                         file.values(assignment.section, assignment.key));
  }
  std::erase_if(settings, [](const auto& entry) { return entry.second.empty(); });
  return settings;
}

Difference weigh(const Key& key, bool removed) {
  const auto& [section, name] = key;
  if (section == "Unit") {
    if (name == "X-Reload-Triggers") return Difference::reload;
    const bool ignored =
        std::find(kIgnoredUnitKeys.begin(), kIgnoredUnitKeys.end(), name) != kIgnoredUnitKeys.end();
    if (ignored) return Difference::none;
  }
  if (section == "Service" && name == "ExecReload") return removed ? Difference::none : Difference::reload;
  if (section == "Mount" && name == "Options") return Difference::reload;
  return Difference::restart;
}

}  // namespace

Difference compare(const UnitFile& before, const UnitFile& after) {
  const auto old_settings = settings_of(before);
  const auto new_settings = settings_of(after);
  auto worst = Difference::none;
  const auto see = [&](Difference difference) { worst = std::max(worst, difference); };
  for (const auto& [key, values] : old_settings) {
    const auto found = new_settings.find(key);
    if (found == new_settings.end())
      see(weigh(key, /*removed=*/true));
    else if (found->second != values)
      see(weigh(key, /*removed=*/false));
  }
  for (const auto& [key, values] : new_settings) {
    if (!old_settings.contains(key)) see(weigh(key, /*removed=*/false));
  }
  return worst;
}

}  // namespace switchback
