// SPDX-License-Identifier: MIT
// What a pusher asks for: the parameters of Activate, Watch, Confirm and Cancel, and their JSON.
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
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// One profile and the closure that it shall run.
struct ChangeRequest {
  ProfileName profile;
  StorePath closure;
  std::string user = "root";
  std::optional<Kind> kind;  // found from the closure's content when absent
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
  bool force = false;
  std::string note;
  bool operator==(const ActivateRequest&) const = default;
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
[[nodiscard]] nlohmann::json to_json(const WatchRequest& request);
[[nodiscard]] Result<WatchRequest> parse_watch(const nlohmann::json& parameters);
[[nodiscard]] nlohmann::json to_json(const ConfirmRequest& request);
[[nodiscard]] Result<ConfirmRequest> parse_confirm(const nlohmann::json& parameters);
[[nodiscard]] nlohmann::json to_json(const CancelRequest& request);
[[nodiscard]] Result<CancelRequest> parse_cancel(const nlohmann::json& parameters);

}  // namespace switchback
