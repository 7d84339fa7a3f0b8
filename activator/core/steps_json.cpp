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
    auto unit = UnitName::parse(value.is_string() ? value.get<std::string>() : "");
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
  auto unit = UnitName::parse(reader.string("unit"));
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

}  // namespace

json to_json(const PreparedChange& change) {
  json out{{"profile", change.profile.text()},
           {"closure", change.closure.text()},
           {"units", plan_to_json(change.units)},
           {"present", names(change.present)},
           {"previouslyPresent", names(change.previously_present)},
           {"activeBefore", names(change.active_before)}};
  if (change.previous) out["previous"] = change.previous->text();
  if (change.previous_number) out["previousNumber"] = *change.previous_number;
  return out;
}

Result<PreparedChange> parse_prepared_change(const json& document, const std::string& where) {
  JsonReader reader(document, where, Errc::corrupt);
  const auto profile = ProfileName::parse(reader.string("profile"));
  const auto closure = StorePath::parse(reader.string("closure"));
  if (reader.ok() && !profile) reader.reject("profile", profile.error().message);
  if (reader.ok() && !closure) reader.reject("closure", closure.error().message);
  std::optional<StorePath> previous;
  if (reader.member("previous") != nullptr) {
    auto path = StorePath::parse(reader.string("previous"));
    if (path)
      previous = std::move(*path);
    else
      reader.reject("previous", path.error().message);
  }
  std::optional<std::uint64_t> number;
  if (reader.member("previousNumber") != nullptr) {
    number = static_cast<std::uint64_t>(
        reader.integer("previousNumber", 0, std::numeric_limits<std::int64_t>::max()));
  }
  auto units = read_plan(reader);
  auto present = read_names(reader, "present");
  auto previously_present = read_names(reader, "previouslyPresent");
  auto active_before = read_names(reader, "activeBefore");
  if (auto finished = reader.finish(); !finished) return tl::make_unexpected(finished.error());
  return PreparedChange{
      *profile,         *closure,           std::move(previous),           number,
      std::move(units), std::move(present), std::move(previously_present), std::move(active_before)};
}

}  // namespace switchback
