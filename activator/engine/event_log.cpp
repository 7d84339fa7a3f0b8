// SPDX-License-Identifier: MIT
#include "activator/engine/event_log.hpp"

#include "activator/protocol/names.hpp"

#include <nlohmann/json.hpp>

namespace switchback {
namespace {

/// Once the log is full, only what a person cannot do without goes in.
bool is_essential(const EventBody& body) {
  return std::holds_alternative<PhaseEvent>(body) || std::holds_alternative<OutcomeEvent>(body);
}

}  // namespace

void EventLog::begin(const ActivationId& id) {
  id_ = id;
  events_.clear();
  listeners_.clear();
  last_seq_ = 0;
}

void EventLog::resume(const ActivationId& id) {
  begin(id);
  for (const auto& line : records_.events()) {
    const auto document = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (document.is_discarded()) continue;
    auto event = parse_event(document);
    if (!event || !*event || (*event)->activation != id) continue;
    last_seq_ = std::max(last_seq_, (*event)->seq);
    events_.push_back(std::move(**event));
  }
}

void EventLog::emit(EventBody body) {
  if (!id_ || (events_.size() >= kMaxEventsKept && !is_essential(body))) return;
  const Event event{++last_seq_, clock_.realtime_ms(), *id_, std::move(body)};
  records_.append_event(to_json(event).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  events_.push_back(event);
  // A listener may leave, and its token be destroyed, while it is being told.
  const auto listeners = listeners_;
  for (const auto& weak : listeners) {
    if (const auto listener = weak.lock()) (*listener)(event);
  }
  listeners_.remove_if([](const auto& weak) { return weak.expired(); });
}

std::shared_ptr<void> EventLog::listen(std::uint64_t after, Listener listener) {
  auto token = std::make_shared<Listener>(std::move(listener));
  for (const auto& event : events_) {
    if (event.seq > after) (*token)(event);
  }
  listeners_.push_back(token);
  return token;
}

}  // namespace switchback
