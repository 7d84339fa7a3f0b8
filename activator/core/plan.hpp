// SPDX-License-Identifier: MIT
// What changes between two unit sets on one host, and what is done with each unit. Pure: from two sets and
// what systemd said before, to actions. steps.hpp turns a plan into the order of work; nothing is carried out
// here.
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/core/unit_set.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <set>
#include <string>
#include <vector>

namespace switchback {

struct PlannedUnit {
  UnitName unit;
  UnitAction action = UnitAction::keep;
  std::string reason;  // one clause for a person: «changed», «new, wanted by multi-user.target»
  bool operator==(const PlannedUnit&) const = default;
};

/// The units of one change. Lists are sorted by name; a unit is in `stop` and `start` both when it is stopped
/// by the definition that runs and started by the new one.
struct UnitPlan {
  std::vector<UnitName> stop;    // before the flip, by the definitions that run
  std::vector<UnitName> reload;  // after it
  std::vector<UnitName> restart;
  std::vector<UnitName> start;
  std::vector<UnitName> removed;       // defined by the old set and not by the new one
  std::vector<UnitName> dependents;    // active before, pulled down by a stop: started again at the end
  std::vector<PlannedUnit> explained;  // one entry a unit, for the pusher

  [[nodiscard]] bool nothing_to_do() const {
    return stop.empty() && reload.empty() && restart.empty() && start.empty();
  }
  bool operator==(const UnitPlan&) const = default;
};

/// Whether an activation may never stop or restart `unit`: the bus, logind, journald, user managers, and our
/// own.
[[nodiscard]] bool is_protected(const UnitName& unit);

/// The names whose snapshots make_plan() must be given: all that the sets name, and of `loaded` the instances
/// of their templates.
[[nodiscard]] std::set<UnitName> units_to_read(const UnitSet& before, const UnitSet& after,
                                               const std::set<UnitName>& loaded);

/// `live` holds units_to_read() and the dependents of those in full, and every other loaded unit in brief; a
/// unit absent from it counts as not loaded. X-SwitchMethod= decides first, then NixOS's keys, then the
/// unit's type. Source: sd-switch's UnitSwitchMethod; nixpkgs' switch-to-configuration-ng.
[[nodiscard]] UnitPlan make_plan(const UnitSet& before, const UnitSet& after, const Snapshot& live);

}  // namespace switchback
