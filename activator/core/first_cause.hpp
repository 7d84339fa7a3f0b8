// SPDX-License-Identifier: MIT
// Which of several faults is the reason for the others, as far as systemd's dependencies and clock tell.
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/protocol/event.hpp"

#include <set>
#include <vector>

namespace switchback {

/// Whether `first` is started, or required, before `then`.
[[nodiscard]] bool comes_before(const UnitName& first, const UnitSnapshot& first_state, const UnitName& then,
                                const UnitSnapshot& then_state);

/// The units of `now` that come before one that the causes blame, at one remove or more: whether they have
/// failed decides who is to blame.
[[nodiscard]] std::set<UnitName> units_before(const std::vector<Cause>& causes, const Snapshot& now);

/// Puts the causes into the order in which they explain each other: what broke by itself before what stopped
/// or never ran because of it, what is started or required before what comes after it, the earlier before the
/// later. `now` holds the units that they blame.
void first_cause_first(std::vector<Cause>& causes, const Snapshot& now);

}  // namespace switchback
