// SPDX-License-Identifier: MIT
// Ends a unit with all its processes and makes systemd forget it. Decides how long it is asked nicely, when
// it is killed, and when it is given up; whether it should end is decided elsewhere.
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/ports/unit_manager.hpp"

#include <memory>
#include <string>

namespace switchback {

class UnitStop : public std::enable_shared_from_this<UnitStop> {
 public:
  /// `done` is called once, from the loop. A unit that does not exist has ended.
  /// Errors: timeout when it could not be killed; unavailable when systemd could not be reached.
  UnitStop(Bus& bus, EventLoop& loop, std::string unit, Callback<void> done)
      : bus_(bus), loop_(loop), unit_(std::move(unit)), done_(std::move(done)) {}

  void begin();
  /// Something of the unit may have changed.
  void look();
  [[nodiscard]] bool answered() const { return !done_; }

 private:
  void looked(const BusResult<std::tuple<std::map<std::string, sdbus::Variant>>>& reply);
  void arm_look();
  void kill();
  void forget();
  void give_up();
  void answer(Status status);

  Bus& bus_;
  EventLoop& loop_;
  std::string unit_;
  Callback<void> done_;
  bool looking_ = false;
  std::unique_ptr<Timer> look_;
  std::unique_ptr<Timer> kill_;
  std::unique_ptr<Timer> unreachable_;
  std::unique_ptr<Timer> give_up_;
};

}  // namespace switchback
