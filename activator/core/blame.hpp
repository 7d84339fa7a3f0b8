// SPDX-License-Identifier: MIT
// What went wrong with a unit, for a person: how its last run ended in words, and one fixed hint for each
// kind of end. Decides wording alone; whether it is a fault is verdict.hpp's affair.
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/protocol/event.hpp"

#include <string>

namespace switchback {

/// Why the unit's last run ended: «exited with status 1», «was killed by SIGSEGV», «timed out».
[[nodiscard]] std::string end_in_words(const UnitSnapshot& unit);

/// Why its last reload failed, in the same way.
[[nodiscard]] std::string reload_in_words(const UnitSnapshot& unit);

/// What usually is the matter with a unit that ended so, and what to look at; empty where nothing is known
/// that its own words do not say better.
[[nodiscard]] std::string hint_for(const UnitSnapshot& unit);
/// The same for a job that never ran its unit: `result` is systemd's word for its end.
[[nodiscard]] std::string hint_for_job(const std::string& result);

/// A cause that blames `unit`, with all that systemd tells of it. `message` is a whole sentence.
[[nodiscard]] Cause blame(const UnitName& unit, std::string message, const UnitSnapshot& now);

}  // namespace switchback
