// SPDX-License-Identifier: MIT
// How strictly an activation is judged: the gate's options as they stand in a manifest, a request and the
// record. Decides names, defaults and limits; core/verdict.hpp decides what they mean.
#pragma once

#include "activator/protocol/check_policy.hpp"
#include "activator/protocol/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

inline constexpr int kHighestFlapLimit = 1000;

struct GatePolicy {
  std::chrono::milliseconds soak{10'000};       // how long everything must stay healthy
  std::chrono::milliseconds deadline{300'000};  // bounds observing as a whole
  std::vector<std::string> critical;            // unit name globs
  std::vector<std::string> ignore;              // unit name globs
  std::vector<std::string> expect_failed;       // unit name globs
  int flap_limit = 2;
  bool strict = false;
  Prefailing prefailing = Prefailing::fail;
  Checks checks{};
  bool operator==(const GatePolicy&) const = default;
};

/// Why no closure could ever pass the gate: the soak, and what its required checks need, take longer than its
/// deadline. nullopt: one could.
[[nodiscard]] std::optional<std::string> contradiction(const GatePolicy& policy);

/// What an older activator may not know is left out where it says what that does anyway.
[[nodiscard]] nlohmann::json to_json(const GatePolicy& policy);
/// Absent fields keep their defaults. Errors: invalid_request for an unknown field, a wrong type, a value out
/// of range, or a soak and checks that do not fit into the deadline.
[[nodiscard]] Result<GatePolicy> parse_gate_policy(const nlohmann::json& json, const std::string& where);

}  // namespace switchback
