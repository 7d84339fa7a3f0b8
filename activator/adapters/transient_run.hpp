// SPDX-License-Identifier: MIT
// One program that runs as a transient unit, from its start until nothing of it is left. Decides what is
// believed when the bus goes away between any two messages, and when its last word has been heard.
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/adapters/journal_follower.hpp"
#include "activator/adapters/journal_sync.hpp"
#include "activator/adapters/transient_command.hpp"
#include "activator/adapters/unit_stop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace switchback {

class TransientRun : public std::enable_shared_from_this<TransientRun> {
 public:
  using Line = std::function<void(const LogLine&)>;
  using Done = std::function<void(TransientResult)>;

  TransientRun(Bus& bus, EventLoop& loop, TransientCommand command, Line line, Done done);

  void begin();
  void cancel() { stop(TransientEnd::canceled); }
  void connected();
  void lost() { slot_.reset(); }
  [[nodiscard]] bool answered() const { return !done_; }
  [[nodiscard]] const std::string& unit() const { return command_.unit; }

 private:
  void submit();
  void submitted(const BusResult<std::tuple<sdbus::ObjectPath>>& reply);
  void hear();
  void look();
  void looked(const BusResult<std::tuple<PropertyMap>>& reply);
  void arm_poll();
  void heard(const LogLine& line);
  void stop(TransientEnd why);
  void ended(TransientResult result);
  void clear_away();
  void collect();
  void answer();

  Bus& bus_;
  EventLoop& loop_;
  TransientCommand command_;
  Line line_;
  Done done_;
  std::optional<TransientResult> result_;  // it has ended, or is made to
  std::string output_;
  bool started_ = false;
  bool unsure_ = false;  // the bus was lost between the call and its reply
  bool looking_ = false;
  bool look_again_ = false;
  std::shared_ptr<int> submitting_ = std::make_shared<int>(0);  // while it lives, the call may still be sent
  sdbus::Slot slot_;
  std::unique_ptr<JournalFollower> follower_;
  std::unique_ptr<JournalSync> sync_;
  std::shared_ptr<UnitStop> stop_;
  std::unique_ptr<Timer> poll_;
  std::unique_ptr<Timer> deadline_;
};

}  // namespace switchback
