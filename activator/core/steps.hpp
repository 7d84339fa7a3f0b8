// SPDX-License-Identifier: MIT
// The smallest pieces of work that an activation is made of, each repeatable, and their order for trial,
// commit and revert. Pure: lists of values that the engine carries out one by one, recording each before it
// begins.
#pragma once

#include "activator/core/kind.hpp"
#include "activator/core/plan.hpp"
#include "activator/core/profile_link.hpp"
#include "activator/protocol/store_path.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace switchback {

enum class JobVerb { stop, start, restart, reload };

/// Jobs for all units are submitted together, then awaited together, so that ordering among them is
/// systemd's.
struct RunJobs {
  JobVerb verb = JobVerb::start;
  std::vector<UnitName> units;
  bool tolerant =
      false;  // a job that fails is told, and does not fail the step (a revert goes as far as it can)
  bool operator==(const RunJobs&) const = default;
};
/// The copies staged for this activation become what the generator reads for `profile`, until the host
/// reboots.
struct PlaceTrial {
  ProfileName profile;
  bool operator==(const PlaceTrial&) const = default;
};
/// `profile` is read from its committed copies again.
struct DropTrial {
  ProfileName profile;
  bool operator==(const DropTrial&) const = default;
};
/// daemon-reload, which runs the generators.
struct ReloadManager {
  bool operator==(const ReloadManager&) const = default;
};
/// Fails unless systemd loaded each unit from our generator's copy (`present`), or no longer from it
/// (`absent`).
struct VerifyUnits {
  std::vector<UnitName> present;
  std::vector<UnitName> absent;
  bool operator==(const VerifyUnits&) const = default;
};
struct ResetFailed {
  std::vector<UnitName> units;
  bool operator==(const ResetFailed&) const = default;
};
/// The profile link leads to `closure`, as generation `number` where that is known; to nothing when absent.
/// A link that leads elsewhere than before or after the activation is somebody else's doing: a conflict.
struct SetProfile {
  ProfileName profile;
  std::optional<StorePath> closure;
  std::optional<std::uint64_t> number;
  bool operator==(const SetProfile&) const = default;
};
/// Deletes the generation that this activation has made of its closure in the profile, unless the profile
/// names it. Never fails: one that stays is told.
struct DropGeneration {
  ProfileName profile;
  bool operator==(const DropGeneration&) const = default;
};
/// Finds out whether somebody else has moved the profile meanwhile: a conflict.
struct CheckProfile {
  ProfileName profile;
  bool operator==(const CheckProfile&) const = default;
};
/// The copies of `closure` become the committed ones, which a boot starts; absent: the profile has none.
struct KeepCopies {
  ProfileName profile;
  std::optional<StorePath> closure;
  bool operator==(const KeepCopies&) const = default;
};
/// Runs what `closure` brings to be activated by, and waits for its end.
struct RunProgram {
  ProfileName profile;
  ProgramVerb verb = ProgramVerb::test;
  StorePath closure;
  bool operator==(const RunProgram&) const = default;
};
/// Kills a program that an activator before this one left running, cancels the jobs that it had queued, and
/// sets aside what a later switch-to-configuration would resume.
struct ClearPrograms {
  bool operator==(const ClearPrograms&) const = default;
};
/// Fails unless /run/current-system leads to `closure`; a third system there is a conflict.
struct VerifySystem {
  ProfileName profile;
  StorePath closure;
  bool operator==(const VerifySystem&) const = default;
};
/// Finds which units a program has started, restarted or stopped, for the gate: kept in the change.
struct FindTouched {
  bool operator==(const FindTouched&) const = default;
};
/// Resets the failures of the units that FindTouched found.
struct ResetTouched {
  bool operator==(const ResetTouched&) const = default;
};
/// Starts whatever ran before the activation and does not run now, touched or not: the trial may have stopped
/// it. The last step of every revert, tolerant. Which units that are is found when it is carried out.
struct StartMissing {
  bool operator==(const StartMissing&) const = default;
};
/// The host's next boot, and that alone, runs `closure`.
struct BootOnce {
  ProfileName profile;
  StorePath closure;
  bool operator==(const BootOnce&) const = default;
};
/// The next boot is what it would be without BootOnce.
struct ForgetBootOnce {
  bool operator==(const ForgetBootOnce&) const = default;
};
/// Asks for a reboot. Done when it is asked for: nobody is told of its end.
struct Reboot {
  bool operator==(const Reboot&) const = default;
};
/// What was written to the file systems that matter is on disk.
struct SyncDisks {
  bool operator==(const SyncDisks&) const = default;
};

using Step =
    std::variant<RunJobs, PlaceTrial, DropTrial, ReloadManager, VerifyUnits, ResetFailed, SetProfile,
                 DropGeneration, CheckProfile, KeepCopies, RunProgram, ClearPrograms, VerifySystem,
                 FindTouched, ResetTouched, StartMissing, BootOnce, ForgetBootOnce, Reboot, SyncDisks>;
using Steps = std::vector<Step>;

/// One change, prepared: what ran before, what shall run, and the plan between the two.
struct PreparedChange {
  ProfileName profile;
  std::optional<StorePath> closure{};     // absent: the profile is removed
  std::optional<std::uint64_t> number{};  // the generation that the commit selects; absent: a new one
  std::optional<StorePath> previous{};    // what the profile named; absent: it is its first generation
  std::optional<std::uint64_t> previous_number{};
  /// The generations that led to `closure` before: the activation has not made them. Absent: not known.
  std::optional<std::set<std::uint64_t>> made_before{};
  std::optional<StorePath> running{};  // what really ran, which a revert brings back
  Kind kind = Kind::units;
  ProfileLink link{};
  bool can_go_back = true;                     // of a script: the closure before has one too
  UnitPlan units{};                            // of kind units beforehand, of the others found by FindTouched
  std::vector<UnitName> present{};             // units that must be loaded from our copies in the trial
  std::vector<UnitName> previously_present{};  // and again after a revert
  std::vector<UnitName> active_before{};       // units of either set, and dependents, that ran before
  /// Whether anything but the profile is to change: the same closure again leaves the host alone.
  [[nodiscard]] bool changes_host() const { return running != closure; }
  bool operator==(const PreparedChange&) const = default;
};

/// Adds to a change of kind units what is done with each unit. `live` is as for make_plan().
[[nodiscard]] PreparedChange plan_units(PreparedChange change, const UnitSet& before, const UnitSet& after,
                                        const Snapshot& live);

/// What a dry run does beyond planning.
[[nodiscard]] Steps rehearsal_steps(const std::vector<PreparedChange>& changes);
[[nodiscard]] Steps trial_steps(const std::vector<PreparedChange>& changes);
/// In the place of a trial: what makes the next boot one. A script has no next boot to wait for: it is run.
[[nodiscard]] Steps staging_steps(const std::vector<PreparedChange>& changes);
[[nodiscard]] Steps commit_steps(const std::vector<PreparedChange>& changes);
/// Puts back what commit_steps() changed; safe to run whether or not any of it was done.
[[nodiscard]] Steps set_back_steps(const std::vector<PreparedChange>& changes);
/// From a trial of which `begun` steps were begun back to exactly what ran before.
[[nodiscard]] Steps revert_steps(const std::vector<PreparedChange>& changes, std::size_t begun);
/// After a reboot, which has reverted what is not permanent: drops what is left of it and verifies; a script
/// has been permanent, and is reverted.
[[nodiscard]] Steps revert_steps_after_reboot(const std::vector<PreparedChange>& changes);
/// From a staging of which `begun` steps were begun back to the boot that there would have been without it;
/// safe to run in that boot, before it and after it.
[[nodiscard]] Steps withdrawal_steps(const std::vector<PreparedChange>& changes, std::size_t begun);
/// Whether any of the changes waits for a boot, when it is not switched to.
[[nodiscard]] bool any_needs_boot(const std::vector<PreparedChange>& changes);
/// Every unit that the changes touch, with what depends on them.
[[nodiscard]] std::set<UnitName> touched_units(const std::vector<PreparedChange>& changes);

/// Whose managers may be changed besides the system's: those whom a script runs as.
[[nodiscard]] std::set<std::string> users_of(const std::vector<PreparedChange>& changes);

/// One line for a person: «stopping web.service, db.service».
[[nodiscard]] std::string describe(const Step& step);

[[nodiscard]] nlohmann::json to_json(const PreparedChange& change);
/// Errors: corrupt.
[[nodiscard]] Result<PreparedChange> parse_prepared_change(const nlohmann::json& json,
                                                           const std::string& where);

}  // namespace switchback
