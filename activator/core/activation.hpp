// SPDX-License-Identifier: MIT
// The state machine of one activation: a total, pure function from a state and an event to the next state and
// what is to be done. Deadlines are events, arming them is an action. No clock, no I/O, no logging.
#pragma once

#include "activator/core/steps.hpp"
#include "activator/protocol/event.hpp"
#include "activator/protocol/request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace switchback {

// --- What does not change while the activation runs, once it is prepared.
struct Script {
  Mode mode = Mode::switch_now;
  ConfirmMode confirm = ConfirmMode::automatic;
  std::chrono::milliseconds activation_timeout{};
  std::chrono::milliseconds confirm_timeout{};
  std::chrono::milliseconds test_for{};
  std::chrono::milliseconds boot_within{};
  bool auto_rollback = true;
  bool by_boot = false;  // the trial is the host's next boot, and not a switch
  bool reboot = false;   // which is asked for, and not waited for
  GatePolicy gate;
  std::vector<PreparedChange> changes;
};

/// Whether it waits for a boot before it is observed: a script alone does not.
[[nodiscard]] bool waits_for_boot(const Script& script);
/// Whether what cannot be switched to may be booted into instead.
[[nodiscard]] bool could_go_by_boot(const Script& script);

// --- States.
struct Preparing {
  bool operator==(const Preparing&) const = default;
};
/// A dry run's step number `step` was begun. Nothing changes.
struct Rehearsing {
  std::size_t step = 0;
  bool operator==(const Rehearsing&) const = default;
};
// `faults`: what would have reverted it, had that not been switched off.
/// The trial's step number `step` was begun; by boot, that of what makes the next boot one.
struct Switching {
  std::size_t step = 0;
  std::vector<Cause> faults{};
  bool operator==(const Switching&) const = default;
};
/// The next boot runs the new closures, and that boot alone. In the states that follow it does.
struct AwaitingBoot {
  std::vector<Cause> faults{};
  bool operator==(const AwaitingBoot&) const = default;
};
struct Observing {
  bool soaking = false;
  bool confirmed = false;  // a confirm that came early is remembered
  std::vector<Cause> faults{};
  bool operator==(const Observing&) const = default;
};
struct AwaitingConfirmation {
  std::vector<Cause> faults{};
  bool operator==(const AwaitingConfirmation&) const = default;
};
/// Healthy; reverted when its time is over.
struct Testing {
  std::vector<Cause> faults{};
  bool operator==(const Testing&) const = default;
};
struct Committing {
  std::size_t step = 0;
  std::vector<Cause> faults{};
  bool operator==(const Committing&) const = default;
};
/// On the way back. `begun` says how far the trial had come, which the revert's steps are made from.
struct Reverting {
  std::vector<Cause> causes;  // why
  std::size_t begun = 0;
  bool set_back = false;     // a commit had begun: its effects are undone first
  bool stays_set = false;    // they could not be undone: only what runs is brought back
  bool rebooted = false;     // the trial is gone already
  bool booted_anew = false;  // what runs cannot be compared with what ran before
  bool needs_boot = false;   // the boot that runs is of the new closures: another one is the way back
  bool superseded = false;   // somebody else changed a profile meanwhile: it is left to them
  int attempt = 1;           // kMaxRevertAttempts at most
  int restarts = 0;          // of the activator since the revert began, kMaxRevertRestarts at most
  std::size_t step = 0;      // the revert's step that was begun
  bool observing = false;    // all steps done: the gate looks at the result
  bool soaking = false;
  bool operator==(const Reverting&) const = default;
};
struct Finished {
  Outcome outcome = Outcome::refused;
  std::vector<Cause> causes;
  bool operator==(const Finished&) const = default;
};

using State = std::variant<Preparing, Rehearsing, Switching, AwaitingBoot, Observing, AwaitingConfirmation,
                           Testing, Committing, Reverting, Finished>;

inline constexpr int kMaxRevertAttempts = 2;
inline constexpr int kMaxRevertRestarts = 5;
inline constexpr std::chrono::seconds kPreparingTimeout{120};
inline constexpr std::chrono::seconds kCommitTimeout{120};
inline constexpr std::chrono::seconds kDownTimeout{300};  // until a host that reboots is down

[[nodiscard]] Phase phase_of(const State& state);
/// Why it is reverted, or would be: the `causes` or `faults` of a state that has them.
[[nodiscard]] const std::vector<Cause>& blamed_in(const State& state);
/// Somebody wanted it so: nothing is wrong with what was tried.
[[nodiscard]] bool says_cancelled(const Cause& cause);
[[nodiscard]] constexpr bool is_committed(Outcome outcome) {
  return outcome == Outcome::committed || outcome == Outcome::committed_unhealthy;
}

// --- Events.
struct Prepared {};  // the script is known
struct PreparationFailed {
  Cause cause;
};
struct StepDone {
  std::optional<UnitPlan> touched{};  // of FindTouched alone: what the engine keeps in the record
};
struct StepFailed {
  Cause cause;
  std::vector<Cause> more{};  // what else failed of it
};
struct RebootNeeded {  // nothing was changed: only a boot can bring it up
  Cause cause;
};
struct Superseded {  // somebody else changed what the step was about to change, or what is waited with
  Cause cause;
};
struct GateHealthy {};  // every expectation is met at this moment
struct GatePending {};
struct GateUnhealthy {
  std::vector<Cause> causes;
};
struct SoakElapsed {};
struct DeadlineReached {       // the phase's own
  std::vector<Cause> pending;  // what was still waited for
};
struct Confirmed {};
struct CancelRequested {
  std::string reason;
};
struct RecordFailed {  // the state before the event could not be left durably
  std::string problem;
  bool new_was_booted = false;  // nor that this boot came up with the new closures
};
/// The activator was started and found this state in the record.
struct Restarted {
  bool same_boot = true;
  bool new_is_committed = false;  // another boot: it came up with the new closures
  bool run_was_kept = false;      // another boot, a soft one: what is in /run of the trial is what came up
  bool trial_stands = true;       // the same boot: what was tried is still in place
};

using ActivationEvent = std::variant<Prepared, PreparationFailed, StepDone, StepFailed, RebootNeeded,
                                     Superseded, GateHealthy, GatePending, GateUnhealthy, SoakElapsed,
                                     DeadlineReached, Confirmed, CancelRequested, RecordFailed, Restarted>;

// --- Actions, carried out in order after the new state is on disk.
struct RunStep {
  Step step;
  bool operator==(const RunStep&) const = default;
};
struct AbandonStep {  // cancel its jobs; its result is of no interest any more
  bool operator==(const AbandonStep&) const = default;
};
struct WatchGate {
  bool reverting = false;
  bool operator==(const WatchGate&) const = default;
};
struct LeaveGate {
  bool operator==(const LeaveGate&) const = default;
};
struct WatchProfiles {  // until LeaveGate: one that somebody else moves is told as Superseded
  bool operator==(const WatchProfiles&) const = default;
};
struct ArmDeadline {  // replaces the one before
  std::chrono::milliseconds after{};
  bool operator==(const ArmDeadline&) const = default;
};
struct KeepDeadline {  // after a restart: the recorded one goes on
  bool operator==(const KeepDeadline&) const = default;
};
struct ArmSoak {
  std::chrono::milliseconds after{};
  bool operator==(const ArmSoak&) const = default;
};
struct DisarmSoak {
  bool operator==(const DisarmSoak&) const = default;
};
struct Warn {
  std::string message;
  bool operator==(const Warn&) const = default;
};
struct Conclude {  // tell everybody, answer the confirm, clean up
  bool operator==(const Conclude&) const = default;
};

using Action = std::variant<RunStep, AbandonStep, WatchGate, LeaveGate, WatchProfiles, ArmDeadline,
                            KeepDeadline, ArmSoak, DisarmSoak, Warn, Conclude>;

struct Transition {
  State next;
  std::vector<Action> actions;
};

/// The state and the first actions of an activation that was just accepted.
[[nodiscard]] Transition begin();

/// Whether a crash between the two states would lose something that recovery needs.
[[nodiscard]] bool must_be_saved(const State& before, const State& after);

/// The steps that a reverting activation goes through, from its first.
[[nodiscard]] Steps steps_of(const Script& script, const Reverting& state);

/// Total: every pair has an answer. nullopt means that this event is normal and means nothing in this state
/// (a late signal, a confirm after the end), and nothing is to be done.
[[nodiscard]] std::optional<Transition> step(const Script& script, const State& state,
                                             const ActivationEvent& event);

}  // namespace switchback
