// SPDX-License-Identifier: MIT
// Which units a program that nobody can look into has started, restarted or stopped: from what ran before and
// what runs now. Pure. What is done with units by our own plan is known beforehand (plan.hpp).
#pragma once

#include "activator/core/plan.hpp"
#include "activator/core/snapshot.hpp"

namespace switchback {

/// Whether `unit` is one of those that come and go by themselves: scopes, sessions, and jobs of timers.
[[nodiscard]] bool comes_and_goes(const UnitName& unit, const UnitSnapshot& state);

/// `before` holds every unit that ran or had failed, `now` every unit of `before` and every one that runs or
/// has failed now, both in full. Of the plan that is returned, `start` holds what is new, `restart` what runs
/// in another invocation or failed in it, `stop` what does not run any more. What had failed before, or was
/// restarting, is in none: whether the program meant to mend it cannot be told.
[[nodiscard]] UnitPlan find_touched(const Snapshot& before, const Snapshot& now);

}  // namespace switchback
