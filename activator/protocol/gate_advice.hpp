// SPDX-License-Identifier: MIT
// The reply to CheckGate: what a host finds about a gate before anything is deployed to it.
#pragma once

#include "activator/protocol/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace switchback {

struct GateAdvice {
  std::vector<std::string> problems;  // sentences: an activation with this gate would be refused
  std::vector<std::string> warnings;  // sentences: it may be meant otherwise
};

[[nodiscard]] nlohmann::json to_json(const GateAdvice& advice);
/// Errors: corrupt.
[[nodiscard]] Result<GateAdvice> parse_gate_advice(const nlohmann::json& json);

}  // namespace switchback
