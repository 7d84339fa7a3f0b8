// SPDX-License-Identifier: MIT
#include "activator/core/steps.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace switchback {
namespace {

using Units = std::vector<UnitName>;
using Changes = std::vector<PreparedChange>;

/// The units that `list` names of each change, together and sorted.
template <class List>
Units gather(const Changes& changes, List list) {
  std::set<UnitName> units;
  for (const auto& change : changes) {
    const auto& named = list(change);
    units.insert(named.begin(), named.end());
  }
  return {units.begin(), units.end()};
}

Units without(const Units& units, const Units& taken) {
  Units left;
  std::set_difference(units.begin(), units.end(), taken.begin(), taken.end(), std::back_inserter(left));
  return left;
}

Units common(const Units& left, const Units& right) {
  Units both;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
  return both;
}

Units joined(const Units& left, const Units& right) {
  Units all;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(all));
  return all;
}

void run_jobs(Steps& steps, JobVerb verb, Units units, bool tolerant = false) {
  if (!units.empty()) steps.emplace_back(RunJobs{verb, std::move(units), tolerant});
}

/// Units that are started by the switch.
Units moved(const Changes& changes) {
  return joined(gather(changes, [](const auto& change) { return change.units.start; }),
                gather(changes, [](const auto& change) { return change.units.restart; }));
}
Units present(const Changes& changes) {
  return gather(changes, [](const auto& change) { return change.present; });
}
Units previously_present(const Changes& changes) {
  return gather(changes, [](const auto& change) { return change.previously_present; });
}
Units touched(const Changes& changes) {
  const auto units = touched_units(changes);
  return {units.begin(), units.end()};
}

bool any_changes_host(const Changes& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const auto& change) { return change.changes_host(); });
}

Changes of_kind(const Changes& changes, Kind kind) {
  Changes found;
  std::copy_if(changes.begin(), changes.end(), std::back_inserter(found),
               [&](const auto& change) { return change.kind == kind; });
  return found;
}

bool any_program(const Steps& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step& step) { return std::holds_alternative<RunProgram>(step); });
}

/// What a program changed is permanent; with the record of how it ended, nothing would do it again.
void sync_programs(Steps& steps) {
  if (any_program(steps)) steps.emplace_back(SyncDisks{});
}

/// Whether the trial had come to what is done for `change`.
bool has_begun(const Steps& begun, const PreparedChange& change) {
  return std::any_of(begun.begin(), begun.end(), [&](const Step& step) {
    const auto* run = std::get_if<RunProgram>(&step);
    const auto* set = std::get_if<SetProfile>(&step);
    return (run != nullptr && run->profile == change.profile) ||
           (set != nullptr && set->profile == change.profile);
  });
}

void try_units(Steps& steps, const Changes& changes) {
  if (!any_changes_host(changes)) return;
  const auto list = [&](Units UnitPlan::*member) {
    return gather(changes, [member](const auto& change) { return change.units.*member; });
  };
  run_jobs(steps, JobVerb::stop, list(&UnitPlan::stop));
  for (const auto& change : changes) {
    if (change.changes_host()) steps.emplace_back(PlaceTrial{change.profile});
  }
  steps.emplace_back(ReloadManager{});
  steps.emplace_back(VerifyUnits{present(changes), without(list(&UnitPlan::removed), present(changes))});
  // Traffic on a socket or a message on the bus may have started them again, by the definitions before.
  run_jobs(steps, JobVerb::stop, list(&UnitPlan::stop));
  // Failures and start counters of before would count against the new definitions.
  auto fresh = joined(moved(changes), joined(list(&UnitPlan::dependents), list(&UnitPlan::removed)));
  if (!fresh.empty()) steps.emplace_back(ResetFailed{std::move(fresh)});
  run_jobs(steps, JobVerb::reload, list(&UnitPlan::reload));
  run_jobs(steps, JobVerb::restart, list(&UnitPlan::restart));
  run_jobs(steps, JobVerb::start, list(&UnitPlan::start));
  run_jobs(steps, JobVerb::start, list(&UnitPlan::dependents));
}

void revert_units(Steps& steps, const Changes& changes) {
  if (!any_changes_host(changes)) return;
  // What the new definitions started goes by the new definitions. What depends on it goes with it, and what
  // was only reloaded stays.
  const auto active_before = gather(changes, [](const auto& change) { return change.active_before; });
  run_jobs(steps, JobVerb::stop, moved(changes), /*tolerant=*/true);
  for (const auto& change : std::views::reverse(changes)) steps.emplace_back(DropTrial{change.profile});
  steps.emplace_back(ReloadManager{});
  steps.emplace_back(
      VerifyUnits{previously_present(changes), without(present(changes), previously_present(changes))});
  run_jobs(steps, JobVerb::stop, moved(changes), /*tolerant=*/true);  // as in the trial
  steps.emplace_back(ResetFailed{touched(changes)});
  run_jobs(steps, JobVerb::reload,
           common(gather(changes, [](const auto& change) { return change.units.reload; }), active_before),
           /*tolerant=*/true);
  run_jobs(steps, JobVerb::start, common(touched(changes), active_before), /*tolerant=*/true);
}

/// What was made of the new closure meanwhile has not proven itself.
void set_profile_back(Steps& steps, const PreparedChange& change) {
  steps.emplace_back(SetProfile{change.profile, change.previous, change.previous_number});
  const bool may_be_ours = change.closure && change.closure != change.previous && change.made_before;
  if (may_be_ours) steps.emplace_back(DropGeneration{change.profile});
}

/// The other way round, and only what had begun. What a script does is permanent, on the way back too.
void revert_scripts(Steps& steps, const Changes& scripts, const Steps& begun) {
  bool any = false;
  for (const auto& change : std::views::reverse(scripts)) {
    if (!has_begun(begun, change)) continue;
    any = true;
    steps.emplace_back(ResetTouched{});
    set_profile_back(steps, change);
    if (change.previous && change.can_go_back) {
      steps.emplace_back(RunProgram{change.profile, ProgramVerb::reactivate, *change.previous});
    }
  }
  if (any) steps.emplace_back(SyncDisks{});
}

void revert_system(Steps& steps, const Changes& systems, const Steps& begun) {
  for (const auto& change : systems) {
    if (!has_begun(begun, change) || !change.running) continue;
    steps.emplace_back(ResetTouched{});
    steps.emplace_back(RunProgram{change.profile, ProgramVerb::reactivate, *change.running});
    steps.emplace_back(VerifySystem{change.profile, *change.running});
  }
}

}  // namespace

PreparedChange plan_units(PreparedChange change, const UnitSet& before, const UnitSet& after,
                          const Snapshot& live) {
  if (change.changes_host()) change.units = make_plan(before, after, live);
  const auto defined_by = [](const UnitSet& set) {
    Units units;
    for (const auto& unit : set.runnable()) {
      if (set.fragment_of(unit) != nullptr) units.push_back(unit);
    }
    return units;
  };
  change.present = defined_by(after);
  change.previously_present = defined_by(before);
  auto candidates = before.runnable();
  candidates.merge(after.runnable());
  candidates.merge(touched_units({change}));
  for (const auto& unit : candidates) {
    const auto state = live.find(unit);
    if (state != live.end() && state->second.is_up_or_coming()) change.active_before.push_back(unit);
  }
  return change;
}

Steps rehearsal_steps(const Changes& changes) {
  Steps steps;
  for (const auto& change : changes) {
    if (change.kind == Kind::units || !change.closure) continue;
    steps.emplace_back(RunProgram{change.profile, ProgramVerb::rehearse, *change.closure});
  }
  return steps;
}

Steps trial_steps(const Changes& changes) {
  Steps steps;
  // What can be tried without being permanent comes first.
  try_units(steps, of_kind(changes, Kind::units));
  for (const auto& change : of_kind(changes, Kind::nixos)) {
    if (!change.changes_host()) continue;
    steps.emplace_back(RunProgram{change.profile, ProgramVerb::test, *change.closure});
    steps.emplace_back(VerifySystem{change.profile, *change.closure});
  }
  for (const auto& change : of_kind(changes, Kind::script)) {
    steps.emplace_back(SetProfile{change.profile, change.closure, change.number});
    steps.emplace_back(RunProgram{change.profile, ProgramVerb::activate, *change.closure});
  }
  // From here on a power cut finds all of it, and a commit that it interrupts can go forward.
  if (!of_kind(changes, Kind::script).empty()) steps.emplace_back(SyncDisks{});
  if (any_program(steps)) steps.emplace_back(FindTouched{});
  return steps;
}

Steps staging_steps(const Changes& changes) {
  Steps steps;
  for (const auto& change : of_kind(changes, Kind::nixos)) {
    if (!change.changes_host() || !change.running) continue;
    // A boot loader has entries for generations alone, and for all of them: the new one becomes one, and by
    // the old system's program that one stays the default.
    steps.emplace_back(SetProfile{change.profile, change.closure, change.number});
    steps.emplace_back(SetProfile{change.profile, change.previous, change.previous_number});
    steps.emplace_back(RunProgram{change.profile, ProgramVerb::boot, *change.running});
    steps.emplace_back(BootOnce{change.profile, *change.closure});
  }
  for (const auto& change : of_kind(changes, Kind::script)) {
    steps.emplace_back(SetProfile{change.profile, change.closure, change.number});
    steps.emplace_back(RunProgram{change.profile, ProgramVerb::boot, *change.closure});
  }
  if (!steps.empty()) steps.emplace_back(SyncDisks{});
  return steps;
}

Steps withdrawal_steps(const Changes& changes, std::size_t begun) {
  auto begun_steps = staging_steps(changes);
  begun_steps.resize(std::min(begun, begun_steps.size()));
  Steps steps;
  auto systems = of_kind(changes, Kind::nixos);
  std::erase_if(systems,
                [&](const auto& change) { return !has_begun(begun_steps, change) || !change.running; });
  // The host may be on its way to a boot already.
  if (!systems.empty()) steps.emplace_back(ForgetBootOnce{});
  if (any_program(begun_steps)) steps.emplace_back(ClearPrograms{});
  revert_scripts(steps, of_kind(changes, Kind::script), begun_steps);
  for (const auto& change : systems) {
    set_profile_back(steps, change);
    steps.emplace_back(RunProgram{change.profile, ProgramVerb::boot_back, *change.running});
  }
  sync_programs(steps);
  return steps;
}

bool any_needs_boot(const Changes& changes) { return any_changes_host(of_kind(changes, Kind::nixos)); }

Steps commit_steps(const Changes& changes) {
  Steps steps;
  for (const auto& change : of_kind(changes, Kind::nixos)) {
    steps.emplace_back(VerifySystem{change.profile, *change.closure});
  }
  for (const auto& change : changes) {
    if (change.kind == Kind::script) continue;
    steps.emplace_back(SetProfile{change.profile, change.closure, change.number});
  }
  for (const auto& change : changes) {
    if (change.kind == Kind::units) steps.emplace_back(KeepCopies{change.profile, change.closure});
    if (change.kind == Kind::nixos) {
      steps.emplace_back(RunProgram{change.profile, ProgramVerb::boot, *change.closure});
    }
  }
  steps.emplace_back(SyncDisks{});
  return steps;
}

Steps set_back_steps(const Changes& changes) {
  Steps steps;
  for (const auto& change : std::views::reverse(changes)) {
    if (change.kind == Kind::script) continue;
    if (change.kind == Kind::units) steps.emplace_back(KeepCopies{change.profile, change.running});
    set_profile_back(steps, change);
    if (change.kind == Kind::nixos && change.running) {
      steps.emplace_back(RunProgram{change.profile, ProgramVerb::boot_back, *change.running});
    }
  }
  steps.emplace_back(SyncDisks{});
  return steps;
}

Steps revert_steps(const Changes& changes, std::size_t begun) {
  auto begun_steps = trial_steps(changes);
  begun_steps.resize(std::min(begun, begun_steps.size()));
  Steps steps;
  if (any_program(begun_steps)) steps = {ClearPrograms{}, FindTouched{}};
  revert_scripts(steps, of_kind(changes, Kind::script), begun_steps);
  revert_system(steps, of_kind(changes, Kind::nixos), begun_steps);
  if (!begun_steps.empty()) revert_units(steps, of_kind(changes, Kind::units));
  sync_programs(steps);
  for (const auto& change : changes) {
    if (change.kind != Kind::script) steps.emplace_back(CheckProfile{change.profile});
  }
  steps.emplace_back(StartMissing{});
  return steps;
}

Steps revert_steps_after_reboot(const Changes& changes) {
  Steps steps;
  revert_scripts(steps, of_kind(changes, Kind::script), trial_steps(changes));
  sync_programs(steps);
  for (const auto& change : of_kind(changes, Kind::nixos)) {
    if (change.running) steps.emplace_back(VerifySystem{change.profile, *change.running});
  }
  const auto units = of_kind(changes, Kind::units);
  if (!any_changes_host(units)) return steps;
  for (const auto& change : std::views::reverse(units)) steps.emplace_back(DropTrial{change.profile});
  steps.emplace_back(ReloadManager{});
  steps.emplace_back(
      VerifyUnits{previously_present(units), without(present(units), previously_present(units))});
  return steps;
}

std::set<std::string> users_of(const Changes& changes) {
  std::set<std::string> users;
  for (const auto& change : changes) {
    if (change.kind == Kind::script && change.link.user != "root") users.insert(change.link.user);
  }
  return users;
}

std::set<UnitName> touched_units(const Changes& changes) {
  std::set<UnitName> units;
  for (const auto& change : changes) {
    const auto& plan = change.units;
    for (const auto* list : {&plan.stop, &plan.reload, &plan.restart, &plan.start, &plan.dependents}) {
      units.insert(list->begin(), list->end());
    }
  }
  return units;
}

}  // namespace switchback
