// SPDX-License-Identifier: MIT
// The gate's judgement: from what systemd said before and says now to healthy, pending or unhealthy. Pure
// functions over snapshots; the soak and the deadlines belong to the state machine (activation.hpp), the
// words to blame.hpp.
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/protocol/event.hpp"
#include "activator/protocol/gate_policy.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback {

/// What must be so for the host to count as healthy.
struct Expectation {
  std::set<UnitName> touched;   // the activation stopped, started or reloaded them, or they depend on such
  std::set<UnitName> must_run;  // of those: expected to be up (or, for a oneshot, to have succeeded)
  std::set<UnitName> started;   // of those: started afresh, so that NRestarts counts from zero
  Snapshot baseline;            // units that ran or had failed before anything was changed
  GatePolicy policy;
  bool reverting = false;         // relative to the baseline alone: what was bad before may be bad again
  std::set<UnitName> reloaded{};  // of those touched: told to reload
  /// Not touched, and yet the deployment's affair when they newly fail: what the closure defines, what
  /// touched units start when they are triggered, and what depends on those.
  std::set<UnitName> near{};
  bool booted = false;  // the host was: whatever newly fails is the deployment's affair
};

/// What one snapshot cannot tell of a unit: how often systemd restarted it since the gate began, and which
/// run ended badly. NRestarts goes back to zero when somebody resets or starts the unit, and a restart by
/// somebody is no flap.
struct UnitTrack {
  std::uint32_t first = 0;    // NRestarts from which the present run of numbers counts
  std::uint32_t last = 0;     // NRestarts at the last look
  std::uint32_t earlier = 0;  // flaps before the number was reset
  std::string invocation{};   // at the last look
  std::string broken{};       // the newest that is known to have ended badly
  std::optional<UnitSnapshot>
      bad{};                       // the unit when it was last seen so: the next run forgets how that ended
  std::uint64_t bad_since_us = 0;  // when it was first seen failed or restarting, by systemd's clock
  [[nodiscard]] std::uint32_t flaps() const { return earlier + (last - first); }
};
[[nodiscard]] UnitTrack start_track(const UnitName& unit, const UnitSnapshot& now,
                                    const Expectation& expected);
/// Takes one more look at the unit into account.
[[nodiscard]] UnitTrack follow(UnitTrack track, const UnitSnapshot& now);

/// Whether the policy allows `unit` to fail.
[[nodiscard]] bool may_fail(const GatePolicy& policy, const UnitName& unit);

/// What touched units start when they are triggered, and what depends on them: by what systemd says of
/// `touched`.
[[nodiscard]] std::set<UnitName> units_near(const std::set<UnitName>& touched, const Snapshot& now);

struct UnitJudgement {
  UnitVerdict verdict = UnitVerdict::pending;
  std::string reason;  // one clause: «exited with status 1»
};

[[nodiscard]] UnitJudgement judge_unit(const UnitName& unit, const UnitSnapshot& now, const UnitTrack& track,
                                       const Expectation& expected);

/// What check_track.hpp adds of one check.
struct CheckJudgement {
  CheckState state = CheckState::pending;
  bool required = true;
  bool warned = false;  // it is among the warnings
  Cause cause;          // what is to be blamed, should it be too late for it
};

struct GateReading {
  UnitVerdict verdict = UnitVerdict::pending;  // healthy, pending or unhealthy
  std::vector<Cause> causes;                   // of an unhealthy one; logs are added by the engine
  std::vector<std::string> pending;            // what is waited for: «web.service (activating)»
  std::vector<std::string> warnings;           // units that newly fail and were not touched
  std::map<UnitName, UnitJudgement> units;     // each touched, near or critical unit
  std::map<std::string, CheckJudgement> checks{};
};

/// `now` holds at least every touched and critical unit, in full, and every failed or restarting one of the
/// rest.
[[nodiscard]] GateReading judge(const Snapshot& now, const std::map<UnitName, UnitTrack>& tracks,
                                const Expectation& expected);

}  // namespace switchback
