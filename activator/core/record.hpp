// SPDX-License-Identifier: MIT
// The durable form of a running activation and of a finished one: one JSON document each, versioned.
// Decides what a newer activator can read of an older one; never guesses at what it cannot read.
#pragma once

#include "activator/core/activation.hpp"
#include "activator/core/snapshot.hpp"
#include "activator/protocol/request.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace switchback {

inline constexpr int kRecordVersion = 1;

/// What makes a boot this boot: all three must agree.
struct BootIdentity {
  std::string boot_id;             // /proc/sys/kernel/random/boot_id
  std::string run_token;           // a random file in /run, which a container's restart empties too
  std::uint64_t soft_reboots = 0;  // SoftRebootsCount of the manager; 0 before systemd 254
  bool operator==(const BootIdentity&) const = default;
};

struct Record {
  ActivateRequest request;
  std::string holder;  // who asked
  BootIdentity boot;
  std::int64_t begun_ms = 0;                // CLOCK_REALTIME, for people
  std::optional<std::int64_t> deadline_ms;  // the phase's, CLOCK_BOOTTIME
  std::optional<std::int64_t>
      switched_ms;                      // end of switching, CLOCK_BOOTTIME: older connections cannot confirm
  std::vector<PreparedChange> changes;  // empty while preparing
  Snapshot baseline;                    // units that ran or had failed before
  State state = Preparing{};
  std::set<std::string> prefailing{};  // required checks that failed before anything was changed
  bool needs_boot = false;             // it could not be switched to, and is to be booted into
};

[[nodiscard]] Script script_of(const Record& record);

[[nodiscard]] nlohmann::json to_json(const Record& record);
/// Errors: unsupported_version for a record of a newer activator; corrupt for anything else that is not a
/// record.
[[nodiscard]] Result<Record> parse_record(std::string_view text);

[[nodiscard]] nlohmann::json to_json(const Snapshot& snapshot);
[[nodiscard]] Result<Snapshot> parse_snapshot(const nlohmann::json& json, const std::string& where);

}  // namespace switchback
