// SPDX-License-Identifier: MIT
// The steps that concern profiles and what closures bring to be run, a part of step_runner.hpp.
#include "activator/core/touched.hpp"
#include "activator/engine/programs.hpp"
#include "activator/engine/step_runner.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

constexpr std::chrono::milliseconds kLookAtLockEvery{250};

std::string text_of(const std::optional<StorePath>& closure) { return closure ? closure->text() : "nothing"; }

/// Every unit that ran or had failed at one of the two times.
std::set<UnitName> worth_reading(const Snapshot& before, const Snapshot& now) {
  std::set<UnitName> units;
  for (const auto& [unit, state] : before) units.insert(unit);
  for (const auto& [unit, state] : now) {
    if (state.is_up_or_coming() || state.active == "failed") units.insert(unit);
  }
  return units;
}

}  // namespace

const PreparedChange* StepRunner::change_of(const ProfileName& profile) const {
  const auto found = std::find_if(record_->changes.begin(), record_->changes.end(),
                                  [&](const PreparedChange& change) { return change.profile == profile; });
  return found == record_->changes.end() ? nullptr : &*found;
}

Result<std::optional<StorePath>> StepRunner::named_by(const PreparedChange& change) {
  const auto current = ports_.profiles.current(change.link);
  if (!current) return tl::make_unexpected(current.error());
  return *current ? std::optional((*current)->closure) : std::nullopt;
}

Status StepRunner::check_profile(const PreparedChange& change) {
  const auto now = named_by(change);
  if (!now) return tl::make_unexpected(now.error());
  if (*now == change.previous || *now == change.closure) return {};
  return fail(Errc::conflict, "profile " + change.profile.text() + " was moved to " + text_of(*now) +
                                  " by somebody else meanwhile; it was left there");
}

Status StepRunner::check_system(const PreparedChange& change, const std::optional<StorePath>& only) {
  const auto system = ports_.host.current_system();
  if (!system) return tl::make_unexpected(system.error());
  if (only ? *system == only : *system == change.running || *system == change.closure) return {};
  return fail(Errc::conflict, "the host was switched to " + text_of(*system) +
                                  " by somebody else meanwhile; it was left there");
}

void StepRunner::run_one(const SetProfile& step) {
  const auto* change = change_of(step.profile);
  if (auto ours = check_profile(*change); !ours) return finish_later(ours);
  ports_.profiles.set(change->link, step.closure, step.number,
                      alive_.guard([this](Status status) { finish(status); }));
}

void StepRunner::run_one(const DropGeneration& step) {
  const auto& change = *change_of(step.profile);
  ports_.profiles.drop_generations(
      change.link, *change.closure, *change.made_before, alive_.guard([this, change](const Status& dropped) {
        if (!dropped)
          warn("what was taken back is a generation of profile " + change.profile.text() +
               " still: " + dropped.error().message + ". «nix-env --profile " + change.link.path +
               " --delete-generations» takes it away");
        finish({});
      }));
}

void StepRunner::run_one(const CheckProfile& step) { finish_later(check_profile(*change_of(step.profile))); }

/// The boot loader's default is of the system that the profile names; where that is not ours, it is left to
/// whoever made it so.
Status StepRunner::check_default(const PreparedChange& change, const RunProgram& step) {
  const auto named = named_by(change);
  if (!named) return tl::make_unexpected(named.error());
  // On the way back a profile that could not be set back names the new one still.
  const bool commits = step.verb == ProgramVerb::boot && step.closure == change.closure;
  if (*named == change.closure || (!commits && *named == change.previous)) return {};
  const auto starts = ports_.host.default_boot_system().value_or(std::nullopt);
  return fail(Errc::conflict,
              "profile " + change.profile.text() + " names " + text_of(*named) +
                  " by somebody else's doing, so that the boot loader was left as it is: " +
                  (starts ? "a boot starts " + starts->text() : "what a boot starts cannot be told"));
}

/// Nothing is run over what somebody else has put in place meanwhile.
Status StepRunner::may_run(const PreparedChange& change, const RunProgram& step) {
  if (step.verb == ProgramVerb::rehearse) return {};
  if (change.kind != Kind::nixos) return check_profile(change);
  const bool writes_default = step.verb == ProgramVerb::boot || step.verb == ProgramVerb::boot_back;
  if (auto ours = writes_default ? check_default(change, step) : Status(); !ours) return ours;
  return check_system(change, step.verb == ProgramVerb::boot ? std::optional(step.closure) : std::nullopt);
}

std::optional<Cause> StepRunner::find_moved(const Record& record) {
  for (const auto& change : record.changes) {
    const auto ours = check_profile(change);
    if (!ours && ours.error().code == Errc::conflict) return Cause{ours.error().message, "", "", {}, {}};
  }
  return std::nullopt;
}

void StepRunner::run_one(const RunProgram& step) {
  if (leftovers_) {
    return ports_.programs.abandon(record_->request.id.text(), alive_.guard([this, step](Status status) {
      if (!status) return finish(status);
      leftovers_ = false;
      run_one(step);
    }));
  }
  const auto* change = change_of(step.profile);
  if (auto ours = may_run(*change, step); !ours) return finish_later(ours);
  if (change->kind == Kind::nixos) {
    if (const auto holder = switch_under_way()) return wait_for_switch(*holder, step);
  }
  const auto content = ports_.closures.inspect(step.closure);
  if (!content) return finish_later(tl::make_unexpected(content.error()));
  auto run = program_for(*change, step.verb, step.closure, *content);
  if (!run) return finish_later(tl::make_unexpected(run.error()));
  run->activation = record_->request.id.text();
  run->deadline = deadline_;
  const auto label = run->argv.front().substr(run->argv.front().rfind('/') + 1);
  ports_.programs.run(std::move(*run), alive_.guard([this, label](const LogLine& line) {
    tell_.log(LogEvent{label, line.priority, line.message});
  }),
                      alive_.guard([this, step, kind = change->kind](const ProgramEnd& end) {
                        program_ended(step, kind, end);
                      }));
}

std::optional<std::string> StepRunner::switch_under_way() {
  return ports_.host.switch_lock_holder().value_or(std::nullopt);
}

/// Ours would fail at once. The end of the other one is waited for, until the deadline; what it has switched
/// to is found then.
void StepRunner::wait_for_switch(const std::string& holder, const RunProgram& step) {
  if (std::exchange(waits_for_, holder) != holder)
    warn("waiting for " + holder + ", which is switching this host");
  later_ = ports_.timers.arm(kLookAtLockEvery, alive_.guard([this, step] { run_one(step); }));
}

void StepRunner::program_ended(const RunProgram& step, Kind kind, const ProgramEnd& end) {
  const auto name = std::string(kind == Kind::nixos ? "switch-to-configuration" : "the script") + " of " +
                    step.closure.name();
  if (!end.ran) return explain_unended({name + ": " + end.problem, "", "", std::nullopt, end.last_lines});
  const auto done = std::exchange(done_, nullptr);
  if (!done) return;
  const auto verdict = judge_exit(kind, step.verb, end.exit_status);
  Cause cause{name + " " + verdict.message, "", "", std::nullopt, end.last_lines};
  if (verdict.is == ProgramVerdict::Is::needs_reboot) return done(RebootNeeded{std::move(cause)});
  if (verdict.is == ProgramVerdict::Is::failed) {
    if (step.verb == ProgramVerb::boot_back) return done(judge_boot_entry(step.closure, std::move(cause)));
    return done(StepFailed{std::move(cause)});
  }
  if (verdict.is == ProgramVerdict::Is::doubtful) warn(name + " " + verdict.message);
  done(StepDone{});
}

/// What kept the new boot entry from being written mostly keeps the old one, too; but then that is there
/// still.
ActivationEvent StepRunner::judge_boot_entry(const StorePath& old, Cause cause) {
  const auto starts = ports_.host.default_boot_system().value_or(std::nullopt);
  if (starts == old) {
    warn(cause.message + "; the default boot entry is the old one still");
    return StepDone{};
  }
  cause.message +=
      starts ? "; a boot would start " + starts->text() : "; what a boot would start cannot be told";
  return StepFailed{std::move(cause)};
}

/// A program that did not come to its end may have waited for units: those that are neither here nor there.
void StepRunner::explain_unended(Cause cause) {
  ports_.units.list(alive_.guard([this, cause = std::move(cause)](const Result<Snapshot>& listed) mutable {
    const auto done = std::exchange(done_, nullptr);
    if (!done) return;
    std::string busy;
    for (const auto& [unit, state] : listed.value_or(Snapshot{})) {
      const auto before = record_->baseline.find(unit);
      const bool as_before = before != record_->baseline.end() && before->second.active == state.active;
      const bool waits = state.active == "activating" || state.active == "deactivating";
      if (!waits || as_before || comes_and_goes(unit, state)) continue;
      if (cause.unit.empty()) cause.unit = unit.text();
      busy += (busy.empty() ? "" : ", ") + unit.text() + " (" + state.active + ")";
    }
    if (!busy.empty()) cause.message += "; under way were " + busy;
    done(StepFailed{std::move(cause)});
  }));
}

void StepRunner::run_one(const ClearPrograms&) {
  ports_.programs.abandon(record_->request.id.text(), alive_.guard([this](Status status) {
    if (!status) return finish(status);
    leftovers_ = false;
    // While somebody else switches, jobs and lists are theirs.
    if (switch_under_way()) return finish({});
    cancel_leftover_jobs();
  }));
}

void StepRunner::cancel_leftover_jobs() {
  std::set<UnitName> spare;
  for (const auto& [unit, state] : record_->baseline) {
    if (state.has_job) spare.insert(unit);
  }
  ports_.units.cancel_all_jobs(std::move(spare), alive_.guard([this](Status status) {
    finish(status ? ports_.host.drop_switch_resume_lists() : status);
  }));
}

void StepRunner::run_one(const VerifySystem& step) {
  const auto system = ports_.host.current_system();
  if (!system) return finish_later(tl::make_unexpected(system.error()));
  if (*system == step.closure) return finish_later({});
  const auto* change = change_of(step.profile);
  if (auto ours = check_system(*change); !ours) return finish_later(ours);
  finish_later(fail(Errc::refused, "/run/current-system leads to " + text_of(*system) + ", not to " +
                                       step.closure.text() + ": the switch did not happen"));
}

void StepRunner::run_one(const BootOnce& step) {
  ask_boot_loader([this, system = step.closure](Callback<void> done) {
    ports_.boot_loader.boot_once(system, std::move(done));
  });
}

void StepRunner::run_one(const ForgetBootOnce&) {
  ask_boot_loader([this](Callback<void> done) { ports_.boot_loader.forget_boot_once(std::move(done)); });
}

void StepRunner::run_one(const Reboot&) {
  ask_boot_loader([this](Callback<void> done) { ports_.boot_loader.reboot(std::move(done)); });
}

void StepRunner::ask_boot_loader(std::function<void(Callback<void>)> ask) {
  if (asks_boot_loader_) {
    ask_next_ = alive_.guard([this, ask = std::move(ask)] { ask_boot_loader(ask); });
    return;
  }
  asks_boot_loader_ = true;
  auto answered = alive_.guard([this](const Status& status) { finish(status); });
  ask(boot_loader_alive_.guard([this, answered = std::move(answered)](const Status& status) mutable {
    asks_boot_loader_ = false;
    if (const auto next = std::exchange(ask_next_, nullptr)) return next();
    answered(status);
  }));
}

void StepRunner::run_one(const FindTouched&) {
  ports_.units.list(alive_.guard([this](Result<Snapshot> listed) {
    if (!listed) return finish(tl::make_unexpected(listed.error()));
    ports_.units.read(worth_reading(record_->baseline, *listed), alive_.guard([this](Result<Snapshot> now) {
      if (!now) return finish(tl::make_unexpected(now.error()));
      if (auto done = std::exchange(done_, nullptr)) done(StepDone{find_touched(record_->baseline, *now)});
    }));
  }));
}

void StepRunner::run_one(const ResetTouched&) { reset(touched_units(record_->changes)); }

}  // namespace switchback
