// SPDX-License-Identifier: MIT
// The document that the history keeps of a finished activation: its record's end, its events, its verdict.
#pragma once

#include "activator/core/record.hpp"
#include "activator/protocol/event.hpp"
#include "activator/protocol/status.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

struct HistoryEntry {
  ActivationStatus status;  // with its outcome
  std::vector<Event> events{};
  std::vector<GenerationInfo> before{};  // what each profile named before
  std::map<std::string, Kind> kinds{};   // of each profile
  std::vector<ChangeRequest> changes{};  // that were asked for; empty when they cannot be read any more
  Mode mode = Mode::switch_now;
  std::int64_t finished_ms = 0;  // CLOCK_REALTIME
};

/// The document: id, holder, begun and finished (seconds since the epoch), request, before (what each profile
/// named), kinds, outcome, events.
[[nodiscard]] std::string history_document(const Record& record, const OutcomeEvent& outcome,
                                           const std::vector<Event>& events, std::int64_t finished_ms);
/// nullopt for a document that cannot be read; the others still can.
[[nodiscard]] std::optional<HistoryEntry> parse_history(const std::string& document);
/// The same without the events, which are most of it.
[[nodiscard]] std::optional<HistoryEntry> parse_history_without_events(const std::string& document);

}  // namespace switchback
