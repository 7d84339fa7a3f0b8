// SPDX-License-Identifier: MIT
#include "activator/adapters/job_tracker.hpp"

#include <algorithm>

namespace switchback {
namespace {

constexpr std::size_t kStrangersKept = 1024;

}  // namespace

void JobTracker::begin(const std::vector<UnitName>& units) {
  order_ = units;
  unsent_ = {units.begin(), units.end()};
  waiting_.clear();
  ended_.clear();
}

void JobTracker::queued(const UnitName& unit, const std::string& path) {
  if (ended_.contains(unit)) return;
  unsent_.erase(unit);
  waiting_[unit] = path;
  const auto known = std::find_if(strangers_.begin(), strangers_.end(),
                                  [&](const auto& stranger) { return stranger.first == path; });
  if (known != strangers_.end()) conclude(unit, {unit, known->second, ""});
}

void JobTracker::removed(const std::string& path, const std::string& result) {
  bool ours = false;
  // Two units may be aliases of one: systemd then merges their jobs into one path.
  for (auto job = waiting_.begin(); job != waiting_.end();) {
    const auto current = job++;
    if (current->second != path) continue;
    ours = true;
    const auto unit = current->first;
    conclude(unit, {unit, result, ""});
  }
  if (ours && unsent_.empty()) return;
  strangers_.emplace_back(path, result);
  if (strangers_.size() > kStrangersKept) strangers_.pop_front();
}

void JobTracker::conclude(const UnitName& unit, JobResult result) {
  unsent_.erase(unit);
  waiting_.erase(unit);
  ended_.emplace(unit, std::move(result));
}

std::vector<JobResult> JobTracker::results() const {
  std::vector<JobResult> results;
  for (const auto& unit : order_) {
    const auto ended = ended_.find(unit);
    if (ended != ended_.end()) results.push_back(ended->second);
  }
  return results;
}

}  // namespace switchback
