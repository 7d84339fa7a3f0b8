// SPDX-License-Identifier: MIT
// Jobs that were submitted together and are awaited together. Decides when a job has ended although nobody
// said so: the bus may go away between any two messages, and systemd may forget a job over a reload.
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/adapters/job_tracker.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace switchback {

class JobBatch : public std::enable_shared_from_this<JobBatch> {
 public:
  using Done = Callback<std::vector<JobResult>>;
  JobBatch(Bus& bus, EventLoop& loop, JobVerb verb, std::vector<UnitName> units,
           std::chrono::milliseconds deadline, Done done);

  void begin();
  /// JobRemoved, anybody's.
  void removed(const std::string& path, const std::string& result);
  void reconnected() { look_at_jobs(); }
  /// Cancels what is queued; answers with what the jobs came to, a few seconds later at most.
  void cancel();
  [[nodiscard]] bool answered() const { return !done_; }

 private:
  using Listed = sdbus::Struct<std::uint32_t, std::string, std::string, std::string, sdbus::ObjectPath,
                               sdbus::ObjectPath>;  // id, unit, type, state, job, unit's path

  void submit(const UnitName& unit);
  void submitted(const UnitName& unit, const BusResult<std::tuple<sdbus::ObjectPath>>& reply);
  void refused(const UnitName& unit, const BusError& error);
  void cancel_job(const std::string& path);
  void look_at_jobs();
  void saw_jobs(const std::vector<Listed>& jobs);
  void resolve(const UnitName& unit);
  void arm_look();
  void deadline_passed();
  void answer_if_done();
  void answer(Result<std::vector<JobResult>> result);
  [[nodiscard]] std::vector<UnitName> unfinished() const;

  Bus& bus_;
  EventLoop& loop_;
  JobVerb verb_;
  std::vector<UnitName> units_;
  std::chrono::milliseconds within_;
  Done done_;
  JobTracker jobs_;
  std::set<UnitName> unknown_;  // the bus was lost between the call and its reply
  bool canceled_ = false;
  std::shared_ptr<int> submitting_ = std::make_shared<int>(0);  // while it lives, calls may still be sent
  std::unique_ptr<Timer> deadline_;
  std::unique_ptr<Timer> look_;
};

}  // namespace switchback
