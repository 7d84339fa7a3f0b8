// SPDX-License-Identifier: MIT
// A plan compared with what did happen: units that were to be restarted and run as before, units that were
// and of which nobody had said so, as when one pulls another one along. Pure. Decides what is worth telling;
// whether a unit is well is none of its affairs (verdict.hpp).
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/core/steps.hpp"
#include "activator/protocol/event.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace switchback {

/// What was seen of a switch.
struct SwitchSeen {
  std::int64_t begun_ms = 0;  // CLOCK_REALTIME
  Snapshot before;            // those of units_to_compare() that ran or had failed; those of a plan in full
  Snapshot now;               // those of units_to_compare() in full
  std::set<UnitName> jobs;    // units of which a job has ended meanwhile, whoever wanted it
};

/// Whether there is a plan to compare with: what a program does is not known beforehand.
[[nodiscard]] bool has_plan(const std::vector<PreparedChange>& changes);
/// The units that have to be read: all that the plan names, and those with a job.
[[nodiscard]] std::set<UnitName> units_to_compare(const std::vector<PreparedChange>& changes,
                                                  const std::set<UnitName>& jobs);
/// Sorted by unit, kMostDeviations at most.
[[nodiscard]] std::vector<DeviationEvent> deviations(const std::vector<PreparedChange>& changes,
                                                     const SwitchSeen& seen);

inline constexpr std::size_t kMostDeviations = 100;

}  // namespace switchback
