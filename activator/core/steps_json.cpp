// SPDX-License-Identifier: MIT
// The JSON of a prepared change, a part of the record's format.
#include "activator/core/steps.hpp"
#include "activator/protocol/json_reader.hpp"

#include <limits>

namespace switchback {
namespace {

using nlohmann::json;

json names(const std::vector<UnitName>& units) {
  json out = json::array();
  for (const auto& unit : units) out.push_back(unit.text());
  return out;
}

std::vector<UnitName> read_names(JsonReader& reader, const char* key) {
  std::vector<UnitName> units;
  for (const auto& value : reader.array(key)) {
    auto unit = UnitName::parse_any(value.is_string() ? value.get<std::string>() : "");
    if (!unit) {
      reader.reject(key, unit.error().message);
      break;
    }
    units.push_back(std::move(*unit));
  }
  return units;
}

json plan_to_json(const UnitPlan& plan) {
  json explained = json::array();
  for (const auto& unit : plan.explained) {
    explained.push_back({{"unit", unit.unit.text()}, {"action", text(unit.action)}, {"reason", unit.reason}});
  }
  return {{"stop", names(plan.stop)},       {"reload", names(plan.reload)},
          {"restart", names(plan.restart)}, {"start", names(plan.start)},
          {"removed", names(plan.removed)}, {"dependents", names(plan.dependents)},
          {"explained", explained}};
}

std::optional<PlannedUnit> read_planned(JsonReader& outer, const json& document) {
  JsonReader reader(document, "explained", Errc::corrupt);
  auto unit = UnitName::parse_any(reader.string("unit"));
  const auto action = parse<UnitAction>(reader.string("action"));
  auto reason = reader.string("reason");
  if (reader.ok() && !unit) reader.reject("unit", unit.error().message);
  if (reader.ok() && !action) reader.reject("action", "is a word that this version does not know");
  if (auto finished = reader.finish(); !finished) {
    outer.reject(finished.error());
    return std::nullopt;
  }
  return PlannedUnit{std::move(*unit), *action, std::move(reason)};
}

UnitPlan read_plan(JsonReader& outer) {
  const auto* document = outer.member("units");
  if (document == nullptr) {
    outer.reject("units", "is missing");
    return {};
  }
  JsonReader reader(*document, outer.path("units"), Errc::corrupt);
  UnitPlan plan{read_names(reader, "stop"),
                read_names(reader, "reload"),
                read_names(reader, "restart"),
                read_names(reader, "start"),
                read_names(reader, "removed"),
                read_names(reader, "dependents"),
                {}};
  for (const auto& value : reader.array("explained")) {
    auto planned = read_planned(reader, value);
    if (!planned) break;
    plan.explained.push_back(std::move(*planned));
  }
  if (auto finished = reader.finish(); !finished) outer.reject(finished.error());
  return plan;
}

std::optional<StorePath> read_path(JsonReader& reader, const char* key) {
  if (reader.member(key) == nullptr) return std::nullopt;
  auto path = StorePath::parse(reader.string(key));
  if (path) return std::move(*path);
  reader.reject(key, path.error().message);
  return std::nullopt;
}

std::optional<std::uint64_t> read_number(JsonReader& reader, const char* key) {
  if (reader.member(key) == nullptr) return std::nullopt;
  return static_cast<std::uint64_t>(reader.integer(key, 0, std::numeric_limits<std::int64_t>::max()));
}

std::optional<std::set<std::uint64_t>> read_numbers(JsonReader& reader, const char* key) {
  if (reader.member(key) == nullptr) return std::nullopt;
  std::set<std::uint64_t> numbers;
  for (const auto& value : reader.array(key)) {
    if (!value.is_number_unsigned()) {
      reader.reject(key, "is no list of generations");
      break;
    }
    numbers.insert(value.get<std::uint64_t>());
  }
  return numbers;
}

}  // namespace

json to_json(const PreparedChange& change) {
  json out{{"profile", change.profile.text()},
           {"kind", text(change.kind)},
           {"path", change.link.path},
           {"user", change.link.user},
           {"canGoBack", change.can_go_back},
           {"units", plan_to_json(change.units)},
           {"present", names(change.present)},
           {"previouslyPresent", names(change.previously_present)},
           {"activeBefore", names(change.active_before)}};
  if (change.closure) out["closure"] = change.closure->text();
  if (change.number) out["number"] = *change.number;
  if (change.previous) out["previous"] = change.previous->text();
  if (change.previous_number) out["previousNumber"] = *change.previous_number;
  if (change.made_before) out["madeBefore"] = *change.made_before;
  if (change.running) out["running"] = change.running->text();
  return out;
}

Result<PreparedChange> parse_prepared_change(const json& document, const std::string& where) {
  JsonReader reader(document, where, Errc::corrupt);
  const auto profile = ProfileName::parse(reader.string("profile"));
  if (!profile) return fail(Errc::corrupt, reader.path("profile") + ": " + profile.error().message);
  PreparedChange change{.profile = *profile};
  change.closure = read_path(reader, "closure");
  change.number = read_number(reader, "number");
  change.previous = read_path(reader, "previous");
  change.previous_number = read_number(reader, "previousNumber");
  change.made_before = read_numbers(reader, "madeBefore");
  change.running = read_path(reader, "running");
  const auto kind = parse<Kind>(reader.string("kind"));
  if (!kind) reader.reject("kind", "is a word that this version does not know");
  change.kind = kind.value_or(Kind::units);
  change.link = {reader.string("path"), reader.string("user")};
  change.can_go_back = reader.boolean_or("canGoBack", true);
  change.units = read_plan(reader);
  change.present = read_names(reader, "present");
  change.previously_present = read_names(reader, "previouslyPresent");
  change.active_before = read_names(reader, "activeBefore");
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return change;
}

}  // namespace switchback
