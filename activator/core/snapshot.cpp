// SPDX-License-Identifier: MIT
#include "activator/core/snapshot.hpp"

#include "activator/core/record.hpp"
#include "activator/protocol/json_reader.hpp"

#include <csignal>
#include <limits>

namespace switchback {
namespace {

constexpr const char* kUsualLoad = "loaded";

}  // namespace

bool is_bad(const UnitSnapshot& unit) { return unit.active == "failed" || unit.auto_restarting(); }

bool ended_badly(std::int32_t code, std::int32_t status) {
  return code != 0 && (code != CLD_EXITED || status != 0);
}

// The record keeps of each unit what a later comparison with it needs, and of that what is not as usual: a
// host has a thousand units, and the record is written at each step.

nlohmann::json to_json(const Snapshot& snapshot) {
  auto out = nlohmann::json::object();
  for (const auto& [unit, state] : snapshot) {
    auto& kept = out[unit.text()] = {{"active", state.active}, {"sub", state.sub}};
    if (state.load != kUsualLoad) kept["load"] = state.load;
    if (!state.result.empty()) kept["result"] = state.result;
    if (state.restarts != 0) kept["restarts"] = state.restarts;
    if (!state.invocation.empty()) kept["invocation"] = state.invocation;
  }
  return out;
}

Result<Snapshot> parse_snapshot(const nlohmann::json& document, const std::string& where) {
  if (!document.is_object()) return fail(Errc::corrupt, where + ": expected an object");
  Snapshot snapshot;
  for (const auto& [name, value] : document.items()) {
    auto unit = UnitName::parse_any(name);
    if (!unit) return fail(Errc::corrupt, where + ": " + unit.error().message);
    JsonReader reader(value, where + "." + name, Errc::corrupt);
    UnitSnapshot state;
    state.load = reader.string_or("load", kUsualLoad);
    state.active = reader.string("active");
    state.sub = reader.string("sub");
    state.result = reader.string_or("result", "");
    state.restarts = static_cast<std::uint32_t>(
        reader.integer_or("restarts", 0, 0, std::numeric_limits<std::uint32_t>::max()));
    state.invocation = reader.string_or("invocation", "");
    if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
    snapshot.emplace(std::move(*unit), std::move(state));
  }
  return snapshot;
}

}  // namespace switchback
