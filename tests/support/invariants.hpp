// SPDX-License-Identifier: MIT
// What must be true of a host at rest after an activation, whatever went wrong: the guarantee, over plain
// values that any test can find out of its world.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace switchback::test {

struct HostAtRest {
  bool terminal = false;      // within its deadlines; nothing is left to do
  std::string outcome;        // the record's word; «not begun» when the activation was not even accepted
  std::string before, after;  // the closures that it was about; «nothing» for none
  std::string runs, profile, boots;  // the closure that runs, the profile's, and what a reboot would bring up
  bool needs_confirm = true;
  bool confirm_sent = false;        // by the pusher, in time
  bool answered_committed = false;  // the pusher was told so
  int revert_attempts = 0;
  std::set<std::string> generations_before, generations;  // of the profile
};

/// Those that do not hold, as sentences; empty: all do.
[[nodiscard]] inline std::vector<std::string> broken_invariants(const HostAtRest& host) {
  std::vector<std::string> broken;
  const auto must = [&](bool holds, const std::string& otherwise) {
    if (!holds) broken.push_back(otherwise);
  };
  must(host.terminal, "it has not come to an end");
  const bool committed = host.outcome == "committed" || host.outcome == "committed unhealthy";
  const bool told = host.outcome == "superseded" || host.outcome == "revert failed";
  const auto& named = committed ? host.after : host.before;  // by the record
  if (!told) {
    must(host.runs == named, "it is " + host.outcome + ", but " + host.runs + " runs, not " + named);
    must(host.profile == named, "it is " + host.outcome + ", but the profile names " + host.profile);
    must(host.boots == named, "it is " + host.outcome + ", but a boot brings up " + host.boots);
  }
  must(!committed || !host.needs_confirm || host.confirm_sent, "committed without a confirm");
  must(!host.answered_committed || committed, "the confirm was answered, and then it was " + host.outcome);
  must(host.revert_attempts <= 2, "it was reverted " + std::to_string(host.revert_attempts) + " times");
  must(std::includes(host.generations.begin(), host.generations.end(), host.generations_before.begin(),
                     host.generations_before.end()),
       "a generation was deleted");
  return broken;
}

}  // namespace switchback::test
