// SPDX-License-Identifier: MIT
#include "activator/core/touched.hpp"

#include "activator/core/verdict.hpp"

#include <algorithm>

namespace switchback {
namespace {

bool is_timer_job(const UnitSnapshot& state) {
  return state.service_type == "oneshot" && !state.remain_after_exit &&
         std::any_of(state.triggered_by.begin(), state.triggered_by.end(),
                     [](const std::string& trigger) { return trigger.ends_with(".timer"); });
}

}  // namespace

bool comes_and_goes(const UnitName& unit, const UnitSnapshot& state) {
  switch (unit.type()) {
    case UnitType::scope:
    case UnitType::device:
    case UnitType::slice:
      return true;
    default:
      return unit.local().text().starts_with("run-") || is_protected(unit.local()) || is_timer_job(state);
  }
}

UnitPlan find_touched(const Snapshot& before, const Snapshot& now) {
  UnitPlan touched;
  for (const auto& [unit, state] : now) {
    if (comes_and_goes(unit, state)) continue;
    const auto known = before.find(unit);
    const bool ran = known != before.end() && known->second.is_up_or_coming();
    const bool anew = known == before.end() || known->second.invocation != state.invocation;
    if (state.is_up_or_coming() || state.active == "failed") {
      if (!anew) continue;  // what fails in the run that it was in before is somebody else's doing
      // NixOS starts again all that its targets want: what had failed does so in a run of its own.
      if (known != before.end() && is_bad(known->second)) continue;
      (ran ? touched.restart : touched.start).push_back(unit);
    } else if (ran) {
      touched.stop.push_back(unit);
    }
  }
  return touched;
}

}  // namespace switchback
