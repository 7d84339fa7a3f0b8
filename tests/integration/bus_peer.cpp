// SPDX-License-Identifier: MIT
#include "tests/integration/bus_peer.hpp"

namespace switchback::test {

BusPeer::BusPeer(EventLoop& loop, const std::string& address)
    : connection_(sdbus::createSessionBusConnectionWithAddress(address)) {
  io_ = loop.add_io(
      connection_->getEventLoopPollData().fd, 0, [this](std::uint32_t) { drive(); }, [this] { prepare(); });
}

void BusPeer::prepare() {
  if (!io_) return;
  drive();  // what was read while a name was requested
  if (!io_) return;
  const auto poll = connection_->getEventLoopPollData();
  sd_event_source_set_io_events(io_.get(),
                                static_cast<std::uint32_t>(static_cast<unsigned short>(poll.events)));
}

void BusPeer::drive() {
  try {
    while (compat::process_one(*connection_)) {
    }
  } catch (const sdbus::Error&) {  // the bus is gone: the test knows
    io_.reset();
  }
}

}  // namespace switchback::test
