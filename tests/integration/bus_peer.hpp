// SPDX-License-Identifier: MIT
// A service on a private bus, driven by the test's own loop: whoever calls it and it itself take turns, so
// that a test decides what happens between any two messages.
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/sdbus_compat.hpp"

#include <memory>
#include <string>

namespace switchback::test {

class BusPeer {
 public:
  /// Connects to `address`; blocks for the bus alone.
  BusPeer(EventLoop& loop, const std::string& address);
  BusPeer(const BusPeer&) = delete;
  BusPeer& operator=(const BusPeer&) = delete;

  [[nodiscard]] sdbus::IConnection& connection() { return *connection_; }
  /// To be called once its objects are there.
  void own(const std::string& name) { compat::request_name(*connection_, name); }
  /// Gives it to whoever asks for it next, and stays on the bus.
  void disown(const std::string& name) { connection_->releaseName(compat::ServiceName(name)); }

 private:
  void drive();
  void prepare();

  std::unique_ptr<sdbus::IConnection> connection_;
  LoopSource io_;
};

}  // namespace switchback::test
