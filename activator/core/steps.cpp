// SPDX-License-Identifier: MIT
#include "activator/core/steps.hpp"

#include "activator/core/overloaded.hpp"

#include <algorithm>
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

bool any_changes_units(const Changes& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const auto& change) { return change.changes_units(); });
}

std::string list_of(const Units& units) {
  std::string text;
  for (const auto& unit : units) text += (text.empty() ? "" : ", ") + unit.text();
  return text;
}

std::string_view doing(JobVerb verb) {
  switch (verb) {
    case JobVerb::stop:
      return "stopping ";
    case JobVerb::start:
      return "starting ";
    case JobVerb::restart:
      return "restarting ";
    case JobVerb::reload:
      return "reloading ";
  }
  return "";
}

}  // namespace

PreparedChange prepare_change(const ProfileName& profile, const StorePath& closure,
                              const std::optional<StorePath>& previous,
                              std::optional<std::uint64_t> previous_number, const UnitSet& before,
                              const UnitSet& after, const Snapshot& live) {
  PreparedChange change{profile, closure, previous, previous_number};
  if (change.changes_units()) change.units = make_plan(before, after, live);
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

Steps trial_steps(const Changes& changes) {
  Steps steps;
  if (!any_changes_units(changes)) return steps;
  const auto list = [&](Units UnitPlan::*member) {
    return gather(changes, [member](const auto& change) { return change.units.*member; });
  };
  run_jobs(steps, JobVerb::stop, list(&UnitPlan::stop));
  for (const auto& change : changes) {
    if (change.changes_units()) steps.emplace_back(PlaceTrial{change.profile});
  }
  steps.emplace_back(ReloadManager{});
  steps.emplace_back(VerifyUnits{present(changes), without(list(&UnitPlan::removed), present(changes))});
  // Failures and start counters of before would count against the new definitions.
  auto fresh = joined(moved(changes), joined(list(&UnitPlan::dependents), list(&UnitPlan::removed)));
  if (!fresh.empty()) steps.emplace_back(ResetFailed{std::move(fresh)});
  run_jobs(steps, JobVerb::reload, list(&UnitPlan::reload));
  run_jobs(steps, JobVerb::restart, list(&UnitPlan::restart));
  run_jobs(steps, JobVerb::start, list(&UnitPlan::start));
  run_jobs(steps, JobVerb::start, list(&UnitPlan::dependents));
  return steps;
}

Steps commit_steps(const Changes& changes) {
  Steps steps;
  for (const auto& change : changes)
    steps.emplace_back(SetProfile{change.profile, change.closure, std::nullopt});
  for (const auto& change : changes) steps.emplace_back(KeepCopies{change.profile, change.closure});
  steps.emplace_back(SyncDisks{});
  return steps;
}

Steps set_back_steps(const Changes& changes) {
  Steps steps;
  for (const auto& change : std::views::reverse(changes)) {
    steps.emplace_back(KeepCopies{change.profile, change.previous});
    steps.emplace_back(SetProfile{change.profile, change.previous, change.previous_number});
  }
  steps.emplace_back(SyncDisks{});
  return steps;
}

Steps revert_steps(const Changes& changes, std::size_t begun) {
  Steps steps;
  if (begun > 0 && any_changes_units(changes)) {
    // What the new definitions started goes by the new definitions. What depends on it goes with it, and what
    // was only reloaded stays.
    const auto active_before = gather(changes, [](const auto& change) { return change.active_before; });
    run_jobs(steps, JobVerb::stop, moved(changes), /*tolerant=*/true);
    for (const auto& change : std::views::reverse(changes)) steps.emplace_back(DropTrial{change.profile});
    steps.emplace_back(ReloadManager{});
    steps.emplace_back(
        VerifyUnits{previously_present(changes), without(present(changes), previously_present(changes))});
    steps.emplace_back(ResetFailed{touched(changes)});
    run_jobs(steps, JobVerb::reload,
             common(gather(changes, [](const auto& change) { return change.units.reload; }), active_before),
             /*tolerant=*/true);
    run_jobs(steps, JobVerb::start, common(touched(changes), active_before), /*tolerant=*/true);
  }
  steps.emplace_back(StartMissing{});
  return steps;
}

Steps revert_steps_after_reboot(const Changes& changes) {
  Steps steps;
  if (!any_changes_units(changes)) return steps;
  for (const auto& change : std::views::reverse(changes)) steps.emplace_back(DropTrial{change.profile});
  steps.emplace_back(ReloadManager{});
  steps.emplace_back(
      VerifyUnits{previously_present(changes), without(present(changes), previously_present(changes))});
  return steps;
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

std::string describe(const Step& step) {
  return std::visit(
      Overloaded{
          [](const RunJobs& run) { return std::string(doing(run.verb)) + list_of(run.units); },
          [](const PlaceTrial& place) {
            return "placing the trial's units of profile " + place.profile.text();
          },
          [](const DropTrial& drop) {
            return "dropping the trial's units of profile " + drop.profile.text();
          },
          [](const ReloadManager&) { return std::string("reloading systemd's units"); },
          [](const VerifyUnits&) { return std::string("verifying which units systemd has loaded"); },
          [](const ResetFailed&) { return std::string("resetting what had failed"); },
          [](const SetProfile& set) {
            return "setting profile " + set.profile.text() + " to " +
                   (set.closure ? set.closure->text() : "nothing");
          },
          [](const KeepCopies& keep) {
            return "making the units of " + (keep.closure ? keep.closure->text() : "nothing") +
                   " permanent in profile " + keep.profile.text();
          },
          [](const StartMissing&) { return std::string("starting what ran before"); },
          [](const SyncDisks&) { return std::string("syncing disks"); },
      },
      step);
}

}  // namespace switchback
