// SPDX-License-Identifier: MIT
// Which of our jobs have ended, whichever comes first: the reply that names the job, or the signal that
// removes it. Pure: knows no bus and no clock.
#pragma once

#include "activator/ports/unit_manager.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace switchback {

class JobTracker {
 public:
  /// Forgets everything but what was removed lately, and waits for one job of each of `units`.
  void begin(const std::vector<UnitName>& units);

  /// systemd queued the job of `unit` under `path`; its removal may have been heard already.
  void queued(const UnitName& unit, const std::string& path);
  /// JobRemoved. One of nobody we know is kept for a while.
  void removed(const std::string& path, const std::string& result);
  /// `unit`'s job has come to `result`, by other evidence than a signal.
  void conclude(const UnitName& unit, JobResult result);

  [[nodiscard]] bool done() const { return waiting_.empty() && unsent_.empty(); }
  /// Jobs that systemd knows of, by unit.
  [[nodiscard]] const std::map<UnitName, std::string>& waiting() const { return waiting_; }
  /// Units whose job systemd has not answered for yet.
  [[nodiscard]] const std::set<UnitName>& unsent() const { return unsent_; }
  /// In the order of the units given to begin(); those that have not ended are left out.
  [[nodiscard]] std::vector<JobResult> results() const;

 private:
  std::vector<UnitName> order_;
  std::set<UnitName> unsent_;
  std::map<UnitName, std::string> waiting_;
  std::map<UnitName, JobResult> ended_;
  std::deque<std::pair<std::string, std::string>> strangers_;  // path and result
};

}  // namespace switchback
