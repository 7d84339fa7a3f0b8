// SPDX-License-Identifier: MIT
// The gate's judgement: from what systemd said before and says now to healthy, pending or unhealthy. Pure
// functions over snapshots; the soak and the deadlines belong to the state machine (activation.hpp).
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/protocol/event.hpp"
#include "activator/protocol/gate_policy.hpp"

#include <set>
#include <string>
#include <vector>

namespace switchback {

/// What must be so for the host to count as healthy.
struct Expectation {
  std::set<UnitName> touched;   // the activation stopped, started or reloaded them, or they depend on such
  std::set<UnitName> must_run;  // of those: expected to be up (or, for a oneshot, to have succeeded)
  Snapshot baseline;            // everything, before anything was changed
  GatePolicy policy;
  bool reverting = false;  // relative to the baseline alone: what was bad before may be bad again
};

/// How a unit has behaved since the gate began, which one snapshot cannot tell. Kept by the engine between
/// reads.
struct UnitTrack {
  std::uint32_t restarts_at_start = 0;
  std::uint32_t restarts_lost = 0;  // counted before NRestarts was reset to zero
  std::uint32_t last_restarts = 0;
  std::string last_invocation;
  std::uint32_t abnormal_ends = 0;  // new invocations after an end that was no success
  std::uint32_t flaps() const { return (last_restarts - restarts_at_start) + restarts_lost + abnormal_ends; }
};
/// Takes one more look at the unit into account. A restart by somebody is no flap: only an abnormal end or a
/// grown NRestarts is.
[[nodiscard]] UnitTrack follow(UnitTrack track, const UnitSnapshot& now);
[[nodiscard]] UnitTrack start_track(const UnitSnapshot& now);

struct UnitJudgement {
  UnitVerdict verdict = UnitVerdict::pending;
  std::string reason;  // one clause: «failed (exit-code, status 1)»
};

[[nodiscard]] UnitJudgement judge_unit(const UnitName& unit, const UnitSnapshot& now, const UnitTrack& track,
                                       const Expectation& expected);

struct GateReading {
  UnitVerdict verdict = UnitVerdict::pending;  // healthy, pending or unhealthy
  std::vector<Cause> causes;                   // of an unhealthy one; logs are added by the engine
  std::vector<std::string> pending;            // what is waited for: «web.service (activating)»
  std::vector<std::string> warnings;           // units that newly fail and were not touched
  std::map<UnitName, UnitJudgement> units;     // each touched or critical unit
};

/// `now` holds at least every touched and critical unit, in full, and every failed or restarting one of the
/// rest.
[[nodiscard]] GateReading judge(const Snapshot& now, const std::map<UnitName, UnitTrack>& tracks,
                                const Expectation& expected);

}  // namespace switchback
