// SPDX-License-Identifier: MIT
// What Switchback promises, written down once, as a judgement over plain values: what was asked for, what was
// observed, what the host says at rest. Simulation, kill points and booted hosts gather these values, each in
// its own way; none of them decides what is broken.
//
//   1. After any single fault and one restart of whatever died, the host reaches a terminal state within its
//      deadlines.
//   2. In that state the closure that runs, the one the profile names, the one that a reboot would bring up,
//      and the one the record names are the same: the old or the new. (Superseded and revert failed are told,
//      never hidden.)
//   3. Committed only after a confirm arrived in time (or confirm: none); a confirm that was answered is
//   never
//      followed by a revert.
//   4. No revert goes anywhere but to the recorded previous closure. No generation that was there before is
//      deleted, and none that the activation has made stays, unless it was committed.
//   5. No wait is unbounded; no more than 2 revert attempts; no record is ever guessed at.
//   6. What somebody else has made the host boot meanwhile is what it boots.
#pragma once

#include "activator/protocol/vocabulary.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback::guarantee {

/// One profile: what was there before, what was wanted, and what the host says now. Closures are named as the
/// observer likes; the empty name is «nothing».
struct ProfileFacts {
  std::string profile;
  std::string before;  // the recorded previous closure
  std::string wanted;
  std::string runs;   // what the processes and definitions are of; two closures at once have another name
  std::string named;  // by the profile link
  std::string boots;  // what a reboot would bring up
  bool can_be_undone = true;  // false: a script without a closure before it; what it did stays, and is told
  bool moved = false;         // somebody else changed it meanwhile
  std::string moved_to;
  std::string made_default;  // what they have made a reboot bring up, for good; empty: nothing
  bool is_once = false;      // what a reboot would bring up is so by a boot loader that was told so once
  std::map<std::uint64_t, std::string> generations_before;
  std::map<std::uint64_t, std::string> generations_after;
  bool others_delete = false;       // somebody else deletes generations meanwhile
  std::vector<std::string> set_to;  // whatever the activator made the profile name, in this order
};

struct Facts {
  bool ended = false;              // the host holds no running record, and its activator is idle
  std::int64_t took_ms = 0;        // from the request, or the last restart of whatever died, to the end
  std::int64_t allowed_ms = 0;     // the deadlines of all phases together
  std::optional<Outcome> outcome;  // absent: the host knows of no such activation; nothing was begun
  std::vector<ProfileFacts> profiles;
  ConfirmMode confirm = ConfirmMode::automatic;
  bool confirmed_in_time = false;     // a valid confirm reached the activator before the deadline
  bool answered_committed = false;    // a confirm was answered as committed
  bool durable_when_answered = true;  // and the record on disk said so at that moment
  int revert_attempts = 0;            // the most that one revert made
  bool writes_failed = false;         // what could not be deleted stays, and is told
  std::string trouble;                // why the activator uses no record; empty: it does
  bool record_was_whole = true;       // nobody but the activator wrote the record
  std::vector<std::string> stopped;   // units that ran before, are of the closure that runs, and do not run
  bool units_broke = false;           // by themselves or by a fault: what does not run may be their doing
  std::int64_t blind_ms = 0;          // how long a unit had been bad, for all to see, when commit began
  bool check_never_passed = false;    // a required one, in the trial; and it is not only to be warned of
  std::optional<Outcome> due;         // the only outcome that the circumstances allow
  bool needs_no_person = false;       // no more than one fault struck, of a kind that is survived unaided
};

/// How long the gate may overlook what is there to be seen: one poll, and the reads after it.
inline constexpr std::int64_t kBlindnessAllowedMs = 5'000;

/// One line for each promise that was broken, each beginning with its number; none: all were kept.
[[nodiscard]] std::vector<std::string> broken_by(const Facts& facts);

}  // namespace switchback::guarantee
