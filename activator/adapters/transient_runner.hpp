// SPDX-License-Identifier: MIT
// Programs that must outlive the activator, run as transient units under PID 1: what a closure brings, and
// what is slow. Decides which runs there are and what becomes of one that an earlier activator left behind;
// how one goes is transient_run.hpp's affair.
#pragma once

#include "activator/adapters/transient_run.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>

namespace switchback {

class TransientRunner {
 public:
  TransientRunner(Bus& bus, EventLoop& loop);
  /// What runs goes on without us, and is killed by systemd soon after its deadline.
  ~TransientRunner() = default;
  TransientRunner(const TransientRunner&) = delete;
  TransientRunner& operator=(const TransientRunner&) = delete;

  /// Runs `command`; the name of its unit. `line` (may be empty) is called with each line of output as it
  /// comes, `done` once, from the loop, when the program and all its processes have ended.
  std::string run(TransientCommand command, TransientRun::Line line, const TransientRun::Done& done);
  /// Kills the run of `unit`, which answers then. Does nothing when there is none.
  void cancel(const std::string& unit);
  /// Ends a unit as a group, and makes systemd forget it; it can be run again then. A run of ours is
  /// cancelled, and answers before. A unit that does not exist is no error. Errors: timeout when it could not
  /// be killed; unavailable when systemd could not be reached.
  void abandon(const std::string& unit, Callback<void> done);

 private:
  void connected();
  void lost();
  void end_unit(const std::string& unit, Callback<void> done);

  Bus& bus_;
  EventLoop& loop_;
  std::map<std::string, std::shared_ptr<TransientRun>> runs_;
  std::multimap<std::string, Callback<void>> abandoned_;  // by the unit whose run is still to answer
  std::list<std::shared_ptr<UnitStop>> stops_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace switchback
