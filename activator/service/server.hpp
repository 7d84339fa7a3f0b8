// SPDX-License-Identifier: MIT
// The activated socket: accepts clients and knows who they are. Decides how many there may be.
#pragma once

#include "activator/service/connection.hpp"

#include <functional>
#include <list>
#include <memory>

namespace switchback {

inline constexpr std::size_t kMaxConnections = 64;

class Server {
 public:
  /// Serves on `listening`, a socket that systemd passed. `changed` is called when a client comes or goes.
  Server(EventLoop& loop, Clock& clock, UniqueFd listening, Dispatcher& dispatcher,
         std::function<void()> changed);
  [[nodiscard]] bool has_clients() const { return !connections_.empty(); }

 private:
  void accept_one();

  EventLoop& loop_;
  Clock& clock_;
  UniqueFd listening_;
  Dispatcher& dispatcher_;
  std::function<void()> changed_;
  std::list<std::unique_ptr<Connection>> connections_;
  LoopSource source_;
};

}  // namespace switchback
