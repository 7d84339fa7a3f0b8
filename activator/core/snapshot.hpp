// SPDX-License-Identifier: MIT
// What systemd says of one unit at one moment, and of the whole manager, as values.
// Source: org.freedesktop.systemd1(5); strings are systemd's own, so that a new one never fails to parse.
#pragma once

#include "activator/core/unit_name.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

struct UnitSnapshot {
  std::string load = "not-found";   // LoadState
  std::string active = "inactive";  // ActiveState
  std::string sub = "dead";         // SubState
  std::string fragment;             // FragmentPath; empty: none
  std::string service_type;         // Type= of a service; empty otherwise
  std::string result;               // Result; empty for types without one
  std::string invocation;           // InvocationID, 32 hexadecimal digits; empty: never ran
  std::int64_t begun_ms = 0;     // InactiveExitTimestamp, CLOCK_REALTIME: when it last began to run; 0: never
  std::uint32_t restarts = 0;    // NRestarts
  std::int32_t exec_code = 0;    // ExecMainCode: CLD_EXITED and so on; 0: no main process has ended
  std::int32_t exec_status = 0;  // ExecMainStatus: exit status, or signal number
  std::string reload_result;     // ReloadResult of a service
  std::string command;           // the setting of a command beside the main process that failed last
  std::int32_t command_code = 0;    // of that one: as exec_code
  std::int32_t command_status = 0;  // of that one: as exec_status
  std::uint64_t changed_us = 0;     // StateChangeTimestampMonotonic
  bool condition = true;            // ConditionResult
  bool remain_after_exit = false;
  bool can_reload = false;
  bool refuse_manual_start = false;
  bool refuse_manual_stop = false;
  bool need_daemon_reload = false;
  bool has_job = false;                   // a job is queued or runs
  bool frozen = false;                    // FreezerState
  std::vector<std::string> triggered_by;  // sockets, timers and paths that start it
  std::vector<std::string> triggers;      // what it starts, when it is one of those
  std::vector<std::string> dependents;    // RequiredBy, BoundBy, RequisiteOf and ConsistsOf together
  std::vector<std::string> after;         // After

  [[nodiscard]] bool is_active() const { return active == "active" || active == "reloading"; }
  /// Runs, or is on its way there, by itself or again and again.
  [[nodiscard]] bool is_up_or_coming() const { return is_active() || active == "activating"; }
  /// Between two runs; systemd 254 and newer tell of a moment in which it still is failed, or inactive.
  [[nodiscard]] bool auto_restarting() const {
    return sub.starts_with("auto-restart") || sub.ends_with("-before-auto-restart");
  }
  bool operator==(const UnitSnapshot&) const = default;
};

using Snapshot = std::map<UnitName, UnitSnapshot>;

/// Whether the unit counts as bad: failed, or on its way through automatic restarts.
[[nodiscard]] bool is_bad(const UnitSnapshot& unit);
/// Whether a process came to a bad end: by a signal, or by a status that is not 0. Of one that has not ended,
/// no.
[[nodiscard]] bool ended_badly(std::int32_t code, std::int32_t status);

}  // namespace switchback
