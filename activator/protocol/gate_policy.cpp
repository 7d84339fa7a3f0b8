// SPDX-License-Identifier: MIT
#include "activator/protocol/gate_policy.hpp"

#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/seconds.hpp"

namespace switchback {

nlohmann::json to_json(const GatePolicy& policy) {
  return {{"soak", to_seconds(policy.soak)},
          {"deadline", to_seconds(policy.deadline)},
          {"critical", policy.critical},
          {"ignore", policy.ignore},
          {"expectFailed", policy.expect_failed},
          {"flapLimit", policy.flap_limit},
          {"strict", policy.strict}};
}

Result<GatePolicy> parse_gate_policy(const nlohmann::json& json, const std::string& where) {
  JsonReader reader(json, where);
  GatePolicy policy;
  policy.soak = reader.seconds_or("soak", policy.soak);
  policy.deadline = reader.seconds_or("deadline", policy.deadline);
  policy.critical = reader.strings_or_empty("critical");
  policy.ignore = reader.strings_or_empty("ignore");
  policy.expect_failed = reader.strings_or_empty("expectFailed");
  policy.flap_limit =
      static_cast<int>(reader.integer_or("flapLimit", policy.flap_limit, 1, kHighestFlapLimit));
  policy.strict = reader.boolean_or("strict", policy.strict);
  if (policy.soak >= policy.deadline) {
    reader.reject("soak", "must be shorter than the gate's deadline, or no closure could ever pass");
  }
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return policy;
}

}  // namespace switchback
