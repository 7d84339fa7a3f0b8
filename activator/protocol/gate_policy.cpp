// SPDX-License-Identifier: MIT
#include "activator/protocol/gate_policy.hpp"

#include "activator/protocol/json_reader.hpp"
#include "activator/protocol/seconds.hpp"

namespace switchback {

std::optional<std::string> contradiction(const GatePolicy& policy) {
  if (policy.soak >= policy.deadline)
    return "soak must be shorter than the gate's deadline, or no closure could ever pass";
  for (const auto& [name, check] : policy.checks) {
    if (check.side != CheckSide::host || !check.required || policy.soak + check.longest() < policy.deadline)
      continue;
    return "the soak and check " + name + " together may take longer than the gate's deadline: " +
           "give it less timeout, interval or successes, or the gate a longer deadline";
  }
  return std::nullopt;
}

nlohmann::json to_json(const GatePolicy& policy) {
  nlohmann::json out{{"soak", to_seconds(policy.soak)},
                     {"deadline", to_seconds(policy.deadline)},
                     {"critical", policy.critical},
                     {"ignore", policy.ignore},
                     {"expectFailed", policy.expect_failed},
                     {"flapLimit", policy.flap_limit},
                     {"strict", policy.strict}};
  if (policy.prefailing != Prefailing::fail) out["prefailing"] = text(policy.prefailing);
  if (!policy.checks.empty()) out["checks"] = to_json(policy.checks);
  return out;
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
  const auto prefailing = parse<Prefailing>(reader.string_or("prefailing", "fail"));
  if (!prefailing) reader.reject("prefailing", "must be fail or tolerate");
  policy.prefailing = prefailing.value_or(Prefailing::fail);
  if (const auto* member = reader.member("checks")) {
    auto checks = parse_checks(*member, reader.path("checks"));
    if (checks)
      policy.checks = std::move(*checks);
    else
      reader.reject(checks.error());
  }
  if (const auto problem = contradiction(policy)) reader.reject("", *problem);
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return policy;
}

}  // namespace switchback
