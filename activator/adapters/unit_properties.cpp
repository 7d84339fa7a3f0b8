// SPDX-License-Identifier: MIT
#include "activator/adapters/unit_properties.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>

namespace switchback {
namespace {

constexpr std::string_view kUnitPath = "/org/freedesktop/systemd1/unit/";
constexpr std::string_view kHex = "0123456789abcdef";

template <class T>
void take(const PropertyMap& properties, const char* key, T& out) {
  if (auto value = property<T>(properties, key)) out = std::move(*value);
}

std::string hexadecimal(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text.push_back(kHex[byte >> 4U]);
    text.push_back(kHex[byte & 15U]);
  }
  return text;
}

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

void take_names(const PropertyMap& properties, const char* key, std::vector<std::string>& out) {
  std::vector<std::string> names;
  take(properties, key, names);
  out.insert(out.end(), names.begin(), names.end());
}

// One line of ExecStart= and its like: path, arguments, whether a failure counts for nothing, begin and end
// by both clocks, process, how it ended (CLD_EXITED and so on) and with which status.
using ExecCommand = sdbus::Struct<std::string, std::vector<std::string>, bool, std::uint64_t, std::uint64_t,
                                  std::uint64_t, std::uint64_t, std::uint32_t, std::int32_t, std::int32_t>;

std::uint64_t microseconds(const PropertyMap& properties, const char* key) {
  std::uint64_t value = 0;
  take(properties, key, value);
  return value;
}

/// The last command of `key` that failed in the present run, and counts.
void take_failed_command(const PropertyMap& properties, const char* key, UnitSnapshot& unit,
                         std::uint64_t& ended) {
  const auto begun = microseconds(properties, "InactiveExitTimestampMonotonic");
  std::vector<ExecCommand> commands;
  take(properties, key, commands);
  for (const auto& command : commands) {
    if (command.get<2>() || !ended_badly(command.get<8>(), command.get<9>())) continue;
    if (command.get<6>() < std::max(begun, ended)) continue;
    ended = command.get<6>();
    unit.command = key;
    unit.command_code = command.get<8>();
    unit.command_status = command.get<9>();
  }
}

// ExecMainStatus tells of the main process alone. That one is often killed because a command beside it
// failed.
void take_failed_command(const PropertyMap& properties, UnitSnapshot& unit) {
  std::uint64_t ended = 0;
  for (const char* key : {"ExecCondition", "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost",
                          "ExecMount", "ExecUnmount"})
    take_failed_command(properties, key, unit, ended);
  const auto main_ended = microseconds(properties, "ExecMainExitTimestampMonotonic");
  if (ended_badly(unit.exec_code, unit.exec_status) && main_ended < ended) unit.command.clear();
  // A unit runs on after this one.
  ended = 0;
  if (unit.command.empty()) take_failed_command(properties, "ExecReload", unit, ended);
}

void sort_unique(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

UnitSnapshot snapshot_of(const PropertyMap& properties) {
  UnitSnapshot unit;
  take(properties, "LoadState", unit.load);
  take(properties, "ActiveState", unit.active);
  take(properties, "SubState", unit.sub);
  take(properties, "FragmentPath", unit.fragment);
  take(properties, "Type", unit.service_type);
  take(properties, "Result", unit.result);
  take(properties, "NRestarts", unit.restarts);
  take(properties, "ExecMainCode", unit.exec_code);
  take(properties, "ExecMainStatus", unit.exec_status);
  take(properties, "ReloadResult", unit.reload_result);
  take_failed_command(properties, unit);
  take(properties, "StateChangeTimestampMonotonic", unit.changed_us);
  take(properties, "ConditionResult", unit.condition);
  take(properties, "RemainAfterExit", unit.remain_after_exit);
  take(properties, "CanReload", unit.can_reload);
  take(properties, "RefuseManualStart", unit.refuse_manual_start);
  take(properties, "RefuseManualStop", unit.refuse_manual_stop);
  take(properties, "NeedDaemonReload", unit.need_daemon_reload);
  std::vector<std::uint8_t> invocation;
  take(properties, "InvocationID", invocation);
  unit.invocation = hexadecimal(invocation);
  if (const auto job = property<sdbus::Struct<std::uint32_t, sdbus::ObjectPath>>(properties, "Job"))
    unit.has_job = job->get<0>() != 0;
  std::uint64_t begun_us = 0;
  take(properties, "InactiveExitTimestamp", begun_us);
  unit.begun_ms = static_cast<std::int64_t>(begun_us / 1000);
  // ConditionResult says no until the conditions were looked at for the first time.
  std::uint64_t looked = 0;
  take(properties, "ConditionTimestamp", looked);
  if (properties.contains("ConditionTimestamp") && looked == 0) unit.condition = true;
  std::string freezer;
  take(properties, "FreezerState", freezer);
  unit.frozen = !freezer.empty() && freezer != "running";
  take_names(properties, "TriggeredBy", unit.triggered_by);
  take_names(properties, "Triggers", unit.triggers);
  take_names(properties, "After", unit.after);
  for (const char* key : {"RequiredBy", "BoundBy", "RequisiteOf", "ConsistsOf"})
    take_names(properties, key, unit.dependents);
  for (auto* names : {&unit.triggered_by, &unit.triggers, &unit.dependents, &unit.after}) sort_unique(*names);
  return unit;
}

std::optional<std::pair<UnitName, UnitSnapshot>> snapshot_of(const ListedUnit& listed) {
  if (!listed.get<5>().empty()) return std::nullopt;
  auto name = UnitName::parse(listed.get<0>());
  if (!name) return std::nullopt;
  UnitSnapshot unit;
  unit.load = listed.get<2>();
  unit.active = listed.get<3>();
  unit.sub = listed.get<4>();
  unit.has_job = listed.get<7>() != 0;
  return std::make_pair(std::move(*name), std::move(unit));
}

std::string object_path_of(std::string_view unit) {
  std::string path(kUnitPath);
  if (unit.empty()) return path + "_";
  for (std::size_t index = 0; index < unit.size(); ++index) {
    const char c = unit[index];
    if (is_plain(c) && !(index == 0 && c >= '0' && c <= '9')) {
      path.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    path.push_back('_');
    path.push_back(kHex[byte >> 4U]);
    path.push_back(kHex[byte & 15U]);
  }
  return path;
}

std::optional<UnitName> unit_of_path(std::string_view path) {
  if (!path.starts_with(kUnitPath)) return std::nullopt;
  path.remove_prefix(kUnitPath.size());
  std::string name;
  for (std::size_t index = 0; index < path.size(); ++index) {
    if (path[index] != '_') {
      name.push_back(path[index]);
      continue;
    }
    if (index + 2 >= path.size()) return std::nullopt;
    const auto high = kHex.find(path[index + 1]);
    const auto low = kHex.find(path[index + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    name.push_back(static_cast<char>(high * 16 + low));
    index += 2;
  }
  auto unit = UnitName::parse(name);
  if (!unit) return std::nullopt;
  return std::move(*unit);
}

}  // namespace switchback
