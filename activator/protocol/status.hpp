// SPDX-License-Identifier: MIT
// The reply to Status and to the methods that answer with an activation's state.
#pragma once

#include "activator/protocol/event.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

struct ProfileStatus {
  GenerationInfo generation;
  std::optional<double> age;   // seconds since the generation was made
  std::optional<Kind> kind{};  // absent from activators that do not tell
};

/// One activation as the host sees it now; `outcome` once it has finished.
struct ActivationStatus {
  ActivationId id;
  Phase phase = Phase::preparing;
  std::optional<double> seconds_left;  // until the phase's deadline
  std::string holder;                  // who asked: user name and note
  std::optional<OutcomeEvent> outcome;
};

struct HostStatus {
  std::string host;
  std::string version;  // the activator's
  std::vector<ProfileStatus> profiles;
  std::optional<ActivationStatus> running;
  std::optional<ActivationStatus> last;  // the newest finished one
  std::vector<std::string> failed_units;
  std::string trouble;  // a record that cannot be read, in words; empty: none
};

[[nodiscard]] nlohmann::json to_json(const ActivationStatus& status);
[[nodiscard]] Result<ActivationStatus> parse_activation_status(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const HostStatus& status);
[[nodiscard]] Result<HostStatus> parse_host_status(const nlohmann::json& json);

}  // namespace switchback
