// SPDX-License-Identifier: MIT
#include "activator/core/switch_method.hpp"

#include <algorithm>
#include <array>

namespace switchback {
namespace {

/// Without these a host has no ground to stand on: their options can be changed, they cannot be taken away.
bool is_ground(const UnitName& unit) {
  constexpr std::array<std::string_view, 4> kMounts{"-.mount", "nix.mount", "nix-store.mount", "var.mount"};
  return std::find(kMounts.begin(), kMounts.end(), unit.text()) != kMounts.end();
}

std::optional<ChosenMethod> asked_for(const UnitFile& after, bool can_reload) {
  const auto method = after.last("Unit", "X-SwitchMethod");
  if (!method) return std::nullopt;
  const auto reason = "changed, X-SwitchMethod=" + *method;
  if (*method == "reload")
    return ChosenMethod{can_reload ? SwitchMethod::reload : SwitchMethod::restart, reason};
  if (*method == "restart") return ChosenMethod{SwitchMethod::restart, reason};
  if (*method == "stop-start") return ChosenMethod{SwitchMethod::stop_start, reason};
  if (*method == "keep-old") return ChosenMethod{SwitchMethod::keep_old, reason};
  return std::nullopt;  // no word of sd-switch's: as if it were not there
}

std::optional<ChosenMethod> asked_for_as_in_nixos(const UnitFile& after, bool can_reload) {
  if (after.boolean("Service", "X-ReloadIfChanged").value_or(false) && can_reload) {
    return ChosenMethod{SwitchMethod::reload, "changed, X-ReloadIfChanged=true"};
  }
  if (!after.boolean("Service", "X-RestartIfChanged").value_or(true)) {
    return ChosenMethod{SwitchMethod::keep_old, "changed, X-RestartIfChanged=false"};
  }
  for (const char* key : {"RefuseManualStop", "X-OnlyManualStart"}) {
    if (after.boolean("Unit", key).value_or(false)) {
      return ChosenMethod{SwitchMethod::keep_old, "changed, " + std::string(key) + "=true"};
    }
  }
  if (!after.boolean("Service", "X-StopIfChanged").value_or(true)) {
    return ChosenMethod{SwitchMethod::restart, "changed, X-StopIfChanged=false"};
  }
  return std::nullopt;
}

ChosenMethod by_type(const UnitName& unit, bool can_reload) {
  switch (unit.type()) {
    case UnitType::path:
    case UnitType::target:
    case UnitType::slice:
    case UnitType::scope:
    case UnitType::device:
      return {SwitchMethod::keep_old, "changed, follows without a restart"};
    case UnitType::mount:
      if (!is_ground(unit)) return {SwitchMethod::restart, "changed"};
      if (can_reload) return {SwitchMethod::reload, "changed, cannot be unmounted"};
      return {SwitchMethod::keep_old, "changed, cannot be unmounted"};
    case UnitType::timer:
    case UnitType::automount:
    case UnitType::swap:
      return {SwitchMethod::restart, "changed"};
    case UnitType::service:
    case UnitType::socket:
      return {SwitchMethod::stop_start, "changed"};
  }
  return {SwitchMethod::stop_start, "changed"};
}

}  // namespace

ChosenMethod choose_method(const UnitName& unit, const UnitFile& after, Difference difference,
                           bool can_reload) {
  if (auto method = asked_for(after, can_reload)) return *method;
  if (difference == Difference::reload && can_reload) {
    return {SwitchMethod::reload, "changed only in what a reload applies"};
  }
  if (auto method = asked_for_as_in_nixos(after, can_reload)) return *method;
  return by_type(unit, can_reload);
}

}  // namespace switchback
