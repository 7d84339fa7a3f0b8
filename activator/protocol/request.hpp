// SPDX-License-Identifier: MIT
// What a pusher asks for: the parameters of the methods, and their JSON.
// Strict on purpose: a field that this version does not know is an error, never skipped.
#pragma once

#include "activator/protocol/activation_id.hpp"
#include "activator/protocol/error.hpp"
#include "activator/protocol/gate_policy.hpp"
#include "activator/protocol/names.hpp"
#include "activator/protocol/store_path.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// One profile and what it shall run.
struct ChangeRequest {
  ProfileName profile;
  std::optional<StorePath> closure{};         // absent: the profile is removed
  std::string user = "root";                  // whom the profile belongs to
  std::string profile_path{};                 // where it is, absolute; empty: where deploy-rs would have it
  std::optional<Kind> kind{};                 // found from the closure's content when absent
  std::optional<std::uint64_t> generation{};  // the commit selects this one, and makes no new one
  bool operator==(const ChangeRequest&) const = default;
};

struct ActivateRequest {
  ActivationId id;
  std::vector<ChangeRequest> changes;  // 1 to kMaxChanges, no profile twice
  Mode mode = Mode::switch_now;
  GatePolicy gate;
  ConfirmMode confirm = ConfirmMode::automatic;
  std::chrono::milliseconds confirm_timeout{kConfirmTimeout};
  std::chrono::milliseconds activation_timeout{kActivationTimeout};
  std::chrono::milliseconds test_for{kTestFor};        // how long a healthy test is kept
  std::chrono::milliseconds boot_within{kBootWithin};  // of mode boot: how long the boot may be waited for
  bool auto_rollback = true;  // false: a failed switch and an unhealthy verdict are warnings
  bool allow_unrevertible = false;
  bool force = false;
  bool reboot = false;         // of mode boot: at once; of mode switch: if the switch says that it is needed
  bool retry_rejected = true;  // false: refused if the closure's last attempt was reverted
  std::string note;
  bool operator==(const ActivateRequest&) const = default;
};

/// Goes back to `generation` of a profile, or to what the history says ran before.
struct RollbackRequest {
  ActivateRequest how;  // its list of changes is empty
  ProfileName profile;
  std::string user = "root";
  std::string profile_path{};
  std::optional<std::uint64_t> generation{};
};

/// Stops and unregisters the units of a profile, and takes its link away.
struct RemoveRequest {
  ActivateRequest how;  // its list of changes is empty
  ProfileName profile;
};

struct WatchRequest {
  ActivationId id;
  std::uint64_t after = 0;  // only events with a greater sequence number
};

struct ConfirmRequest {
  ActivationId id;
};

struct CancelRequest {
  ActivationId id;
  std::string reason;
};

/// Every parser: Errors: invalid_request naming the field; unsupported_version when `api` is not kApiVersion.
[[nodiscard]] nlohmann::json to_json(const ActivateRequest& request);
[[nodiscard]] Result<ActivateRequest> parse_activate(const nlohmann::json& parameters);
[[nodiscard]] nlohmann::json to_json(const RollbackRequest& request);
[[nodiscard]] Result<RollbackRequest> parse_rollback(const nlohmann::json& parameters);
[[nodiscard]] nlohmann::json to_json(const RemoveRequest& request);
[[nodiscard]] Result<RemoveRequest> parse_remove(const nlohmann::json& parameters);
[[nodiscard]] nlohmann::json to_json(const WatchRequest& request);
[[nodiscard]] Result<WatchRequest> parse_watch(const nlohmann::json& parameters);
[[nodiscard]] nlohmann::json to_json(const ConfirmRequest& request);
[[nodiscard]] Result<ConfirmRequest> parse_confirm(const nlohmann::json& parameters);
[[nodiscard]] nlohmann::json to_json(const CancelRequest& request);
[[nodiscard]] Result<CancelRequest> parse_cancel(const nlohmann::json& parameters);

}  // namespace switchback
