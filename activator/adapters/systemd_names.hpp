// SPDX-License-Identifier: MIT
// What systemd's manager is called on the bus. Source: org.freedesktop.systemd1(5).
#pragma once

#include "activator/adapters/bus.hpp"

#include <string>

namespace switchback {

inline constexpr const char* kSystemd = "org.freedesktop.systemd1";
inline constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
inline constexpr const char* kManagerInterface = "org.freedesktop.systemd1.Manager";
inline constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
inline constexpr std::chrono::seconds kQueryTimeout{25};    // shorter ones failed elsewhere on busy hosts
inline constexpr std::chrono::seconds kReloadTimeout{180};  // what systemd itself allows

/// Units of the gate's checks begin with this. What looks at the host is no part of it: they are not listed.
inline constexpr const char* kCheckUnits = "switchback-check-";

[[nodiscard]] inline BusCall manager_call(std::string method, bool repeatable,
                                          std::chrono::milliseconds timeout = kQueryTimeout) {
  return {kSystemd, kManagerPath, kManagerInterface, std::move(method), timeout, repeatable, {}};
}

/// GetAll with an empty interface answers with every interface's properties in one round trip, and loads the
/// unit.
[[nodiscard]] inline BusCall get_all_call(std::string path) {
  return {kSystemd, std::move(path), kProperties, "GetAll", kQueryTimeout, true, {}};
}

/// Whether `error` says that there is no such unit.
[[nodiscard]] inline bool says_unknown(const BusError& error) {
  return error.name == "org.freedesktop.DBus.Error.UnknownObject" ||
         error.name == "org.freedesktop.DBus.Error.UnknownMethod" ||
         error.name == "org.freedesktop.DBus.Error.UnknownInterface" ||
         error.name == "org.freedesktop.systemd1.NoSuchUnit";
}

}  // namespace switchback
