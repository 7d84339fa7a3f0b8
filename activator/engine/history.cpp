// SPDX-License-Identifier: MIT
#include "activator/engine/history.hpp"

#include "activator/protocol/json_reader.hpp"

#include <nlohmann/json.hpp>

namespace switchback {

using nlohmann::json;

std::string history_document(const Record& record, const OutcomeEvent& outcome,
                             const std::vector<Event>& events, std::int64_t finished_ms) {
  json told = json::array();
  for (const auto& event : events) told.push_back(to_json(event));
  json before = json::array();
  json kinds = json::object();
  for (const auto& change : record.changes) {
    before.push_back(to_json(GenerationInfo{
        change.profile.text(), change.previous ? change.previous->text() : "", change.previous_number}));
    kinds[change.profile.text()] = text(change.kind);
  }
  const auto last = events.empty() ? 0 : events.back().seq;
  const json document{{"record", kRecordVersion},
                      {"id", record.request.id.text()},
                      {"holder", record.holder},
                      {"begun", static_cast<double>(record.begun_ms) / 1000.0},
                      {"finished", static_cast<double>(finished_ms) / 1000.0},
                      {"request", to_json(record.request)},
                      {"before", std::move(before)},
                      {"kinds", std::move(kinds)},
                      {"outcome", to_json(Event{last, finished_ms, record.request.id, outcome})},
                      {"events", std::move(told)}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

namespace {

std::optional<HistoryEntry> entry_of(const json& document) {
  if (document.is_discarded()) return std::nullopt;
  JsonReader reader(document, "history", Errc::corrupt);
  const auto id = ActivationId::parse(reader.string("id"));
  const auto* outcome = reader.member("outcome");
  if (!id || outcome == nullptr) return std::nullopt;
  auto last = parse_event(*outcome);
  if (!last || !*last || !std::holds_alternative<OutcomeEvent>((*last)->body)) return std::nullopt;
  HistoryEntry entry{.status = {*id, Phase::finished, std::nullopt, reader.string_or("holder", ""),
                                std::get<OutcomeEvent>((*last)->body)}};
  entry.finished_ms = (*last)->time_ms;
  for (const auto& value : reader.array("before")) {
    if (auto generation = parse_generation_info(value)) entry.before.push_back(std::move(*generation));
  }
  if (const auto* kinds = reader.member("kinds"); kinds != nullptr && kinds->is_object()) {
    for (const auto& [profile, word] : kinds->items()) {
      if (const auto kind = parse<Kind>(word.is_string() ? word.get<std::string>() : "")) {
        entry.kinds.emplace(profile, *kind);
      }
    }
  }
  if (const auto* request = reader.member("request"); request != nullptr) {
    if (auto parsed = parse_activate(*request)) {
      entry.changes = std::move(parsed->changes);
      entry.mode = parsed->mode;
    }
  }
  for (const auto& value : reader.array("events")) {
    if (auto event = parse_event(value); event && *event) entry.events.push_back(std::move(**event));
  }
  return entry;
}

}  // namespace

std::optional<HistoryEntry> parse_history(const std::string& text) {
  return entry_of(json::parse(text, nullptr, /*allow_exceptions=*/false));
}

std::optional<HistoryEntry> parse_history_without_events(const std::string& text) {
  const auto wanted = [](int depth, json::parse_event_t event, const json& parsed) {
    return depth != 1 || event != json::parse_event_t::key || parsed != "events";
  };
  return entry_of(json::parse(text, wanted, /*allow_exceptions=*/false));
}

}  // namespace switchback
