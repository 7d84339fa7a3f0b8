// SPDX-License-Identifier: MIT
// What the engine needs from systemd's manager, and from those of users. Every call answers exactly once,
// later, from the event loop.
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/core/steps.hpp"
#include "activator/protocol/error.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace switchback {

template <class T>
using Callback = std::function<void(Result<T>)>;

/// How one job ended: systemd's word (done, failed, timeout, canceled, dependency, skipped, …).
struct JobResult {
  UnitName unit;
  std::string result;
  std::string error;  // why the job was never queued; empty when it was
  [[nodiscard]] bool succeeded() const { return error.empty() && (result == "done" || result == "skipped"); }
};

/// How the manager was reached, by secure().
enum class Reach {
  over_bus,
  bus_started,  // the system bus was away, and was started
  without_bus,  // it is away and could not be started: the manager is reached all the same
  not_yet,
};

class UnitManager {
 public:
  UnitManager() = default;
  UnitManager(const UnitManager&) = delete;
  UnitManager& operator=(const UnitManager&) = delete;
  virtual ~UnitManager() = default;

  /// From now on also the units of the managers of `users`, of those who have one that runs now. For a user
  /// whose manager has gone since, nothing is listed, and what is read is not there.
  virtual void include(const std::set<std::string>& users) { (void)users; }
  /// Every loaded unit, in brief: load, active and sub state alone.
  virtual void list(Callback<Snapshot> done) = 0;
  /// Likewise those that are bad: what a poll looks for costs nothing where all is well.
  virtual void list_bad(Callback<Snapshot> done) {
    list([done = std::move(done)](Result<Snapshot> listed) {
      if (listed) std::erase_if(*listed, [](const auto& unit) { return !is_bad(unit.second); });
      done(std::move(listed));
    });
  }
  /// Each of `units` in full; one that does not exist is there with load state not-found.
  virtual void read(std::set<UnitName> units, Callback<Snapshot> done) = 0;
  /// Submits one job a unit (mode replace) and answers when all have ended.
  /// Errors: timeout after `deadline`, naming the units whose jobs still ran; unavailable.
  virtual void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                        Callback<std::vector<JobResult>> done) = 0;
  /// Cancels the jobs that run_jobs() waits for, and answers it (with what they came to).
  virtual void cancel_jobs() = 0;
  /// Cancels every job of the manager but those that `spare` names: what a killed switch had queued. Jobs
  /// that cannot be undone, such as a shutdown's, are spared too. Errors: unavailable.
  virtual void cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) = 0;
  /// daemon-reload of the system's manager. Errors: timeout, unavailable.
  virtual void reload(Callback<void> done) = 0;
  /// A unit that is not loaded is no error.
  virtual void reset_failed(std::vector<UnitName> units, Callback<void> done) = 0;
  /// Calls `changed` with each unit whose properties changed, and with nullptr when anything may have changed
  /// (after a reconnect). An empty function ends it. Signals are hints: read() tells the truth.
  virtual void watch(std::function<void(const UnitName* unit)> changed) = 0;
  /// Units of which a job has ended since this was asked the last time, whoever wanted it: what may have been
  /// started, restarted or stopped. A hint: what happened while the bus was away is missing.
  [[nodiscard]] virtual std::set<UnitName> take_ended_jobs() { return {}; }
  /// For a revert, which must not hang on the system bus: until relax(), a bus that stays away is started,
  /// and gone around. Answers within half a minute, whatever came of it.
  virtual void secure(std::function<void(Reach)> done) = 0;
  virtual void relax() = 0;
};

}  // namespace switchback
