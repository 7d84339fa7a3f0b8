// SPDX-License-Identifier: MIT
// Asks, without blocking, whether a message bus answers at an address. Opening a connection with sdbus-c++
// blocks until the bus has authenticated us, for 90 s if it listens but does not answer (a socket-activated
// bus that fails to start): so it is opened only after this has succeeded.
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/unique_fd.hpp"
#include "activator/protocol/error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace switchback {

/// The address of the system bus as libdbus finds it: $DBUS_SYSTEM_BUS_ADDRESS, else the well-known socket.
[[nodiscard]] std::string system_bus_address();

/// Answers once, from the loop, unless destroyed before.
/// Errors: unavailable. Source: D-Bus specification, «Authentication Protocol».
class BusProbe {
 public:
  BusProbe(EventLoop& loop, const std::string& address, std::function<void(Status)> done);

 private:
  [[nodiscard]] Status begin(EventLoop& loop, const std::string& address);
  void ready();
  void finish(Status status);

  std::function<void(Status)> done_;
  std::string path_;
  std::string received_;
  UniqueFd fd_;
  LoopSource source_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace switchback
