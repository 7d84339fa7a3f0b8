// SPDX-License-Identifier: MIT
#include "activator/protocol/event.hpp"

#include "activator/protocol/json_reader.hpp"

#include <limits>

namespace switchback {
namespace {

using nlohmann::json;

constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();

struct BodyWriter {
  json& out;
  void operator()(const PhaseEvent& body) const {
    out["type"] = "phase";
    out["phase"] = text(body.phase);
    if (body.deadline) out["deadline"] = *body.deadline;
  }
  void operator()(const PlanEvent& body) const {
    out.update({{"type", "plan"},
                {"profile", body.profile},
                {"unit", body.unit},
                {"action", text(body.action)},
                {"reason", body.reason}});
  }
  void operator()(const DeviationEvent& body) const {
    out.update({{"type", "deviation"},
                {"unit", body.unit},
                {"planned", text(body.planned)},
                {"happened", text(body.happened)},
                {"reason", body.reason}});
  }
  void operator()(const UnitEvent& body) const {
    out.update({{"type", "unit"},
                {"unit", body.unit},
                {"active", body.active},
                {"sub", body.sub},
                {"result", body.result},
                {"restarts", body.restarts},
                {"verdict", text(body.verdict)}});
  }
  void operator()(const LogEvent& body) const {
    out.update(
        {{"type", "log"}, {"unit", body.unit}, {"priority", body.priority}, {"message", body.message}});
  }
  void operator()(const CheckEvent& body) const {
    out.update({{"type", "check"}, {"name", body.name}, {"state", text(body.state)}});
    if (!body.output.empty()) out["output"] = body.output;
  }
  void operator()(const WarningEvent& body) const {
    out.update({{"type", "warning"}, {"message", body.message}});
  }
  void operator()(const OutcomeEvent& body) const {
    json causes = json::array();
    for (const auto& cause : body.causes) causes.push_back(to_json(cause));
    json generations = json::array();
    for (const auto& generation : body.generations) generations.push_back(to_json(generation));
    out.update({{"type", "outcome"},
                {"outcome", text(body.outcome)},
                {"exit", static_cast<int>(exit_status(body.outcome))},
                {"causes", std::move(causes)},
                {"generations", std::move(generations)}});
  }
};

template <class Enum>
Enum read_word(JsonReader& reader, const char* key, Enum fallback) {
  const auto value = parse<Enum>(reader.string(key));
  if (!value) reader.reject(key, "is a word that this version does not know");
  return value.value_or(fallback);
}

PhaseEvent read_phase(JsonReader& reader) {
  return {read_word(reader, "phase", Phase::preparing), reader.number_if("deadline")};
}

PlanEvent read_plan(JsonReader& reader) {
  return {reader.string("profile"), reader.string("unit"), read_word(reader, "action", UnitAction::keep),
          reader.string_or("reason", "")};
}

DeviationEvent read_deviation(JsonReader& reader) {
  return {reader.string("unit"), read_word(reader, "planned", UnitAction::keep),
          read_word(reader, "happened", UnitAction::keep), reader.string_or("reason", "")};
}

UnitEvent read_unit(JsonReader& reader) {
  return {reader.string("unit"),
          reader.string("active"),
          reader.string_or("sub", ""),
          reader.string_or("result", ""),
          static_cast<std::uint64_t>(reader.integer_or("restarts", 0, 0, kAny)),
          read_word(reader, "verdict", UnitVerdict::pending)};
}

OutcomeEvent read_outcome(JsonReader& reader) {
  OutcomeEvent body{read_word(reader, "outcome", Outcome::revert_failed), {}, {}};
  for (const auto& document : reader.array("causes")) {
    auto cause = parse_cause(document);
    if (cause)
      body.causes.push_back(std::move(*cause));
    else
      reader.reject(cause.error());
  }
  for (const auto& document : reader.array("generations")) {
    auto generation = parse_generation_info(document);
    if (generation)
      body.generations.push_back(std::move(*generation));
    else
      reader.reject(generation.error());
  }
  return body;
}

std::optional<EventBody> read_body(JsonReader& reader, const std::string& type) {
  if (type == "phase") return read_phase(reader);
  if (type == "plan") return read_plan(reader);
  if (type == "deviation") return read_deviation(reader);
  if (type == "unit") return read_unit(reader);
  if (type == "log") {
    const auto unit = reader.string("unit");
    return LogEvent{unit, static_cast<int>(reader.integer_or("priority", 6, 0, 7)), reader.string("message")};
  }
  if (type == "check") {
    const auto name = reader.string("name");
    return CheckEvent{name, read_word(reader, "state", CheckState::pending), reader.string_or("output", "")};
  }
  if (type == "warning") return WarningEvent{reader.string("message")};
  if (type == "outcome") return read_outcome(reader);
  return std::nullopt;
}

}  // namespace

json to_json(const Cause& cause) {
  json out{{"message", cause.message}};
  if (!cause.unit.empty()) out["unit"] = cause.unit;
  if (!cause.result.empty()) out["result"] = cause.result;
  if (cause.exit_status) out["exitStatus"] = *cause.exit_status;
  if (!cause.log.empty()) out["log"] = cause.log;
  if (!cause.priorities.empty()) out["priorities"] = cause.priorities;
  if (cause.restarts != 0) out["restarts"] = cause.restarts;
  if (!cause.invocation.empty()) out["invocation"] = cause.invocation;
  if (!cause.hint.empty()) out["hint"] = cause.hint;
  if (cause.other) out["other"] = true;
  return out;
}

Result<Cause> parse_cause(const json& document) {
  JsonReader reader(document, "cause", Errc::corrupt);
  Cause cause{reader.string("message"), reader.string_or("unit", ""), reader.string_or("result", ""),
              std::nullopt, reader.strings_or_empty("log")};
  if (reader.member("exitStatus") != nullptr) {
    cause.exit_status = static_cast<int>(reader.integer("exitStatus", -kAny, kAny));
  }
  for (const auto& priority : reader.array("priorities")) {
    constexpr int kInfo = 6;
    cause.priorities.push_back(priority.is_number_integer() ? priority.get<int>() : kInfo);
  }
  cause.restarts = static_cast<std::uint64_t>(reader.integer_or("restarts", 0, 0, kAny));
  cause.invocation = reader.string_or("invocation", "");
  cause.hint = reader.string_or("hint", "");
  cause.other = reader.boolean_or("other", false);
  if (auto finished = reader.finish(/*strict=*/false); !finished)
    return tl::make_unexpected(finished.error());
  return cause;
}

json to_json(const GenerationInfo& generation) {
  json out{{"profile", generation.profile}};
  if (!generation.closure.empty()) out["closure"] = generation.closure;
  if (generation.number) out["number"] = *generation.number;
  return out;
}

Result<GenerationInfo> parse_generation_info(const json& document) {
  JsonReader reader(document, "generation", Errc::corrupt);
  GenerationInfo generation{reader.string("profile"), reader.string_or("closure", ""), std::nullopt};
  if (reader.member("number") != nullptr) {
    generation.number = static_cast<std::uint64_t>(reader.integer("number", 0, kAny));
  }
  if (auto finished = reader.finish(/*strict=*/false); !finished)
    return tl::make_unexpected(finished.error());
  return generation;
}

json to_json(const Event& event) {
  json out{{"v", 1},
           {"seq", event.seq},
           {"time", static_cast<double>(event.time_ms) / 1000.0},
           {"activation", event.activation.text()}};
  std::visit(BodyWriter{out}, event.body);
  return out;
}

Result<std::optional<Event>> parse_event(const json& document) {
  JsonReader reader(document, "event", Errc::corrupt);
  const auto id = ActivationId::parse(reader.string("activation"));
  const auto seq = reader.integer("seq", 0, kAny);
  const auto time = reader.number_if("time").value_or(0);
  auto body = read_body(reader, reader.string("type"));
  if (reader.ok() && !id) reader.reject("activation", id.error().message);
  if (auto finished = reader.finish(/*strict=*/false); !finished)
    return tl::make_unexpected(finished.error());
  if (!body) return std::optional<Event>{};
  return Event{static_cast<std::uint64_t>(seq), static_cast<std::int64_t>(time * 1000), *id,
               std::move(*body)};
}

}  // namespace switchback
