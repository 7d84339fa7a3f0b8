// SPDX-License-Identifier: MIT
// From systemd's property dictionaries to snapshots, and between unit names and object paths. Pure but for
// the types of sdbus-c++. Source: org.freedesktop.systemd1(5).
#pragma once

#include "activator/adapters/sdbus_compat.hpp"
#include "activator/core/snapshot.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace switchback {

using PropertyMap = std::map<std::string, sdbus::Variant>;

/// One entry of ListUnitsByPatterns: name, description, load, active, sub, following, path, job id, job type,
/// job path.
using ListedUnit = sdbus::Struct<std::string, std::string, std::string, std::string, std::string, std::string,
                                 sdbus::ObjectPath, std::uint32_t, std::string, sdbus::ObjectPath>;

/// `properties` of all the unit's interfaces together. What is absent or of another type keeps its default.
[[nodiscard]] UnitSnapshot snapshot_of(const PropertyMap& properties);

/// nullopt for a name that is none, and for a unit that follows another (it is that one's alias).
[[nodiscard]] std::optional<std::pair<UnitName, UnitSnapshot>> snapshot_of(const ListedUnit& listed);

/// `/org/freedesktop/systemd1/unit/web_2eservice`. Every letter and digit but a leading digit stands for
/// itself.
[[nodiscard]] std::string object_path_of(std::string_view unit);
/// nullopt when `path` is not a unit's.
[[nodiscard]] std::optional<UnitName> unit_of_path(std::string_view path);

/// The value of `properties[key]` when it is there and a T.
template <class T>
[[nodiscard]] std::optional<T> property(const PropertyMap& properties, const std::string& key) {
  const auto found = properties.find(key);
  if (found == properties.end() || !found->second.template containsValueOfType<T>()) return std::nullopt;
  return found->second.template get<T>();
}

}  // namespace switchback
