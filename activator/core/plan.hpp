// SPDX-License-Identifier: MIT
// What changes between two unit sets on one host, and what is done with each unit. Pure: from two sets and what
// systemd said before, to actions. steps.hpp turns a plan into the order of work; nothing is carried out here.
#pragma once

#include <string>
#include <vector>

#include "activator/core/snapshot.hpp"
#include "activator/core/unit_set.hpp"
#include "activator/protocol/vocabulary.hpp"

namespace switchback {

struct PlannedUnit {
  UnitName unit;
  UnitAction action = UnitAction::keep;
  std::string reason;  // one clause for a person: «changed», «new, wanted by multi-user.target»
  bool operator==(const PlannedUnit&) const = default;
};

/// The units of one change. Lists are sorted by name and disjoint where an action excludes another.
struct UnitPlan {
  std::vector<UnitName> stop;         // before the flip, by the definitions that run
  std::vector<UnitName> reload;       // after it
  std::vector<UnitName> restart;
  std::vector<UnitName> start;
  std::vector<UnitName> removed;      // in the old set and not in the new one
  std::vector<UnitName> dependents;   // active before, pulled down with what is stopped: started again at the end
  std::vector<PlannedUnit> explained; // one entry a unit, for the pusher

  [[nodiscard]] bool nothing_to_do() const {
    return stop.empty() && reload.empty() && restart.empty() && start.empty();
  }
  bool operator==(const UnitPlan&) const = default;
};

/// Whether an activation may never stop or restart `unit`: the bus, logind, journald, user managers, and our own.
[[nodiscard]] bool is_protected(const UnitName& unit);

/// The names whose snapshots make_plan() must be given.
[[nodiscard]] std::set<UnitName> units_to_read(const UnitSet& before, const UnitSet& after);

/// `live` holds units_to_read(), all owners of links, and the dependents of those; a unit absent from it counts as
/// not loaded. X-SwitchMethod= decides first, then NixOS's keys, then the unit's type.
/// Source: sd-switch's UnitSwitchMethod; nixpkgs' switch-to-configuration-ng.
[[nodiscard]] UnitPlan make_plan(const UnitSet& before, const UnitSet& after, const Snapshot& live);

/// What speaks against the new set on this host, found before anything is changed; empty: nothing.
/// A unit of that name in /etc or /run that is not ours, or of another profile; an [Install] section that names a
/// unit which does not exist; a unit that cannot be read. `generator_dir` is where our own fragments lie.
struct Objection {
  std::string unit;
  std::string problem;
  bool fatal = true;   // false: a warning, such as a mask of the administrator's
};
[[nodiscard]] std::vector<Objection> find_objections(const UnitSet& before, const UnitSet& after,
                                                     const std::vector<SkippedUnit>& skipped, const Snapshot& live,
                                                     const std::map<UnitName, std::string>& other_profiles,
                                                     std::string_view generator_dir);

}  // namespace switchback
