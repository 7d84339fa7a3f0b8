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
  const auto last = events.empty() ? 0 : events.back().seq;
  const json document{{"record", kRecordVersion},
                      {"id", record.request.id.text()},
                      {"holder", record.holder},
                      {"begun", static_cast<double>(record.begun_ms) / 1000.0},
                      {"finished", static_cast<double>(finished_ms) / 1000.0},
                      {"request", to_json(record.request)},
                      {"outcome", to_json(Event{last, finished_ms, record.request.id, outcome})},
                      {"events", std::move(told)}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<HistoryEntry> parse_history(const std::string& text) {
  const auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return std::nullopt;
  JsonReader reader(document, "history", Errc::corrupt);
  const auto id = ActivationId::parse(reader.string("id"));
  const auto* outcome = reader.member("outcome");
  if (!id || outcome == nullptr) return std::nullopt;
  auto last = parse_event(*outcome);
  if (!last || !*last || !std::holds_alternative<OutcomeEvent>((*last)->body)) return std::nullopt;
  HistoryEntry entry{{*id, Phase::finished, std::nullopt, reader.string_or("holder", ""),
                      std::get<OutcomeEvent>((*last)->body)},
                     {}};
  for (const auto& value : reader.array("events")) {
    if (auto event = parse_event(value); event && *event) entry.events.push_back(std::move(**event));
  }
  return entry;
}

}  // namespace switchback
