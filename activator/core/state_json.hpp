// SPDX-License-Identifier: MIT
// The JSON of the state machine's states, a part of the record's format.
#pragma once

#include "activator/core/activation.hpp"

#include <nlohmann/json_fwd.hpp>

namespace switchback {

[[nodiscard]] nlohmann::json to_json(const State& state);
/// Errors: corrupt.
[[nodiscard]] Result<State> parse_state(const nlohmann::json& document);

}  // namespace switchback
