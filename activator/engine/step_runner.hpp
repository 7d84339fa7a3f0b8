// SPDX-License-Identifier: MIT
// Carries out one step of an activation through the ports. Decides nothing about what comes next: that is the
// state machine's (core/activation.hpp).
#pragma once

#include "activator/core/activation.hpp"
#include "activator/core/record.hpp"
#include "activator/engine/alive.hpp"
#include "activator/engine/failed_jobs.hpp"
#include "activator/engine/ports.hpp"
#include "activator/protocol/event.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace switchback {

class StepRunner {
 public:
  /// StepDone, StepFailed, RebootNeeded or Superseded.
  using Done = std::function<void(ActivationEvent)>;
  struct Tell {
    std::function<void(std::string)> warning;
    std::function<void(const LogEvent&)> log;  // what a program says
  };

  StepRunner(Ports ports, Tell tell) : ports_(ports), tell_(std::move(tell)) {}

  /// Begins `step`; answers once, unless abandon() comes first. `record` must live until then.
  void run(const Record& record, const Step& step, std::chrono::milliseconds deadline, Done done);
  /// Cancels its jobs; it will not answer any more.
  void abandon();
  /// An activator before this one may have left a program running: it is ended before another is run.
  void expect_leftovers() { leftovers_ = true; }
  /// That somebody else has moved a profile of `record`'s. What cannot be read now is looked at again later.
  [[nodiscard]] std::optional<Cause> find_moved(const Record& record);

 private:
  void run_one(const RunJobs& step);
  void run_one(const PlaceTrial& step);
  void run_one(const DropTrial& step);
  void run_one(const ReloadManager& step);
  void run_one(const VerifyUnits& step);
  void run_one(const ResetFailed& step);
  void run_one(const SetProfile& step);
  void run_one(const DropGeneration& step);
  void run_one(const CheckProfile& step);
  void run_one(const KeepCopies& step);
  void run_one(const RunProgram& step);
  void run_one(const ClearPrograms& step);
  void run_one(const VerifySystem& step);
  void run_one(const FindTouched& step);
  void run_one(const ResetTouched& step);
  void run_one(const StartMissing& step);
  void run_one(const BootOnce& step);
  void run_one(const ForgetBootOnce& step);
  void run_one(const Reboot& step);
  void run_one(const SyncDisks& step);

  void submit(JobVerb verb, std::vector<UnitName> units, bool tolerant);
  void explain_failed_jobs(JobVerb verb, const std::vector<JobResult>& failed);
  void explain_late_jobs(JobVerb verb, const std::vector<UnitName>& units, const Error& error);
  void failed_as(const FailedJobs& judged);
  void start_missing(const Snapshot& now);
  void reset(std::set<UnitName> units);
  [[nodiscard]] const PreparedChange* change_of(const ProfileName& profile) const;
  /// conflict when neither the closure before nor the new one is what the profile names, or what runs.
  [[nodiscard]] Status check_profile(const PreparedChange& change);
  /// `only`: it is that one of the two which must run.
  [[nodiscard]] Status check_system(const PreparedChange& change,
                                    const std::optional<StorePath>& only = std::nullopt);
  [[nodiscard]] Status check_default(const PreparedChange& change, const RunProgram& step);
  [[nodiscard]] Status may_run(const PreparedChange& change, const RunProgram& step);
  [[nodiscard]] Result<std::optional<StorePath>> named_by(const PreparedChange& change);
  /// Who holds the lock of NixOS's switch-to-configuration; that it cannot be found out holds up nothing.
  [[nodiscard]] std::optional<std::string> switch_under_way();
  void wait_for_switch(const std::string& holder, const RunProgram& step);
  /// How it ends that the old system's boot entry could not be written again.
  [[nodiscard]] ActivationEvent judge_boot_entry(const StorePath& old, Cause cause);
  void program_ended(const RunProgram& step, Kind kind, const ProgramEnd& end);
  void explain_unended(Cause cause);
  void cancel_leftover_jobs();
  /// After what it was asked for before, which an abandoned step may have left under way.
  void ask_boot_loader(std::function<void(Callback<void> done)> ask);
  void warn(std::string message) { tell_.warning(std::move(message)); }
  void finish(const Status& status);
  void finish_later(Status status);

  Ports ports_;
  Tell tell_;
  Alive alive_;
  const Record* record_ = nullptr;
  std::chrono::milliseconds deadline_{};
  Done done_;
  std::unique_ptr<Timer> later_;
  std::string waits_for_;  // told already
  bool leftovers_ = false;
  Alive boot_loader_alive_;  // whoever has abandoned the step
  bool asks_boot_loader_ = false;
  std::function<void()> ask_next_;
};

}  // namespace switchback
