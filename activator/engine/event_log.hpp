// SPDX-License-Identifier: MIT
// The events of the running activation: numbered, kept across the activator's own death, and told to whoever
// listens. Decides order and delivery; what an event says is decided where it happens.
#pragma once

#include "activator/ports/host.hpp"
#include "activator/ports/record_store.hpp"
#include "activator/protocol/event.hpp"

#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace switchback {

/// Told each event as it happens; the outcome is the last.
using Listener = std::function<void(const Event& event)>;

class EventLog {
 public:
  EventLog(RecordStore& records, Clock& clock) : records_(records), clock_(clock) {}

  void begin(const ActivationId& id);
  /// Goes on with the events that an activator before this one left.
  void resume(const ActivationId& id);
  void emit(EventBody body);

  /// Tells `listener` every event after number `after`, those of the past at once, until the token is
  /// destroyed.
  [[nodiscard]] std::shared_ptr<void> listen(std::uint64_t after, Listener listener);
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

 private:
  RecordStore& records_;
  Clock& clock_;
  std::optional<ActivationId> id_;
  std::vector<Event> events_;
  std::uint64_t last_seq_ = 0;
  std::list<std::weak_ptr<Listener>> listeners_;
};

}  // namespace switchback
