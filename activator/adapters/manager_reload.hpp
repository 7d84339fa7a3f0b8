// SPDX-License-Identifier: MIT
// One daemon-reload, until it is known to have happened. Its reply is the normal proof; where that is lost,
// any answer of systemd to a question that was sent after it on the same connection is (it answers in order).
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/ports/unit_manager.hpp"

#include <memory>

namespace switchback {

class ManagerReload : public std::enable_shared_from_this<ManagerReload> {
 public:
  ManagerReload(Bus& bus, EventLoop& loop, std::chrono::milliseconds within, Callback<void> done)
      : bus_(bus), loop_(loop), within_(within), done_(std::move(done)) {}

  void begin();
  /// Reloading(false) was heard, or the manager is back on the bus.
  void may_be_over();
  [[nodiscard]] bool answered() const { return !done_; }

 private:
  void answer(Status status);

  Bus& bus_;
  EventLoop& loop_;
  std::chrono::milliseconds within_;
  Callback<void> done_;
  std::unique_ptr<Timer> deadline_;
};

}  // namespace switchback
