// SPDX-License-Identifier: MIT
#include "activator/protocol/gate_advice.hpp"

#include "activator/protocol/json_reader.hpp"

namespace switchback {

nlohmann::json to_json(const GateAdvice& advice) {
  return {{"problems", advice.problems}, {"warnings", advice.warnings}};
}

Result<GateAdvice> parse_gate_advice(const nlohmann::json& json) {
  JsonReader reader(json, "", Errc::corrupt);
  GateAdvice advice{reader.strings_or_empty("problems"), reader.strings_or_empty("warnings")};
  if (auto finished = reader.finish(/*strict=*/false); !finished)
    return tl::make_unexpected(finished.error());
  return advice;
}

}  // namespace switchback
