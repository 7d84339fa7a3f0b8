// SPDX-License-Identifier: MIT
// What the engine needs from the rest of the host: time, timers, the boot's identity, disks, the journal, and
// keeping its own binary in place.
#pragma once

#include "activator/core/record.hpp"
#include "activator/ports/unit_manager.hpp"
#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace switchback {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t boottime_ms() = 0;  // CLOCK_BOOTTIME: goes on in suspend, never set back
  [[nodiscard]] virtual std::int64_t realtime_ms() = 0;  // for people alone
};

/// Armed while it lives.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() = default;
};

class Timers {
 public:
  Timers() = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  virtual ~Timers() = default;
  /// Calls `elapsed` once after `after` of CLOCK_BOOTTIME, unless the timer is destroyed before.
  [[nodiscard]] virtual std::unique_ptr<Timer> arm(std::chrono::milliseconds after,
                                                   std::function<void()> elapsed) = 0;
};

struct LogLine {
  std::int64_t time_ms = 0;
  int priority = 6;
  std::string message;
};

class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;
  /// The last `limit` lines of `unit`'s invocation, oldest first, after the journal has written what it
  /// holds. An empty invocation means the unit's newest lines. Answers empty rather than late.
  virtual void tail(const UnitName& unit, const std::string& invocation, std::size_t limit,
                    std::function<void(std::vector<LogLine>)> done) = 0;
};

/// The host's own affairs. Small local operations: these calls block, except run().
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;
  [[nodiscard]] virtual std::string name() = 0;
  [[nodiscard]] virtual Result<BootIdentity> boot() = 0;
  /// Whether the store is there: it may be a file system of its own, that is not mounted yet.
  [[nodiscard]] virtual bool has_store() = 0;
  /// syncfs of the file systems that hold the store, the profiles and /etc. Errors: io.
  [[nodiscard]] virtual Status sync_disks() = 0;
  /// What /run/current-system leads to; nullopt on a host that is no NixOS. Errors: corrupt, io.
  [[nodiscard]] virtual Result<std::optional<StorePath>> current_system() = 0;
  /// Which system the boot loader's default entry starts; nullopt: it cannot be told. Errors: io.
  [[nodiscard]] virtual Result<std::optional<StorePath>> default_boot_system() = 0;
  /// Who holds the lock of switch-to-configuration, for a person; nullopt: nobody. Errors: io.
  [[nodiscard]] virtual Result<std::optional<std::string>> switch_lock_holder() = 0;
  /// Sets aside what an interrupted switch-to-configuration left to be resumed (/run/nixos). Errors: io.
  [[nodiscard]] virtual Status drop_switch_resume_lists() = 0;
  /// Until unpinned, the activator's service starts the binary that runs now, whatever a closure brings.
  [[nodiscard]] virtual Status pin_activator() = 0;
  virtual void unpin_activator() = 0;
  /// Whether systemd could load the unit files in `directory` (systemd-analyze verify, in a transient unit).
  /// Errors: invalid_closure with systemd's words; unavailable when it could not be asked.
  virtual void verify_units(const std::string& directory, std::vector<UnitName> units,
                            Callback<void> done) = 0;
};

}  // namespace switchback
