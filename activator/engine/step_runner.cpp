// SPDX-License-Identifier: MIT
#include "activator/engine/step_runner.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

StepFailed failed_because(std::string message) { return {Cause{std::move(message), "", "", {}, {}}}; }

/// Units that ran before by somebody's wish, and not for a moment or on behalf of another unit.
bool is_lasting(const UnitName& unit, const UnitSnapshot& before) {
  return before.active == "active" && unit.type() != UnitType::scope && unit.type() != UnitType::device &&
         unit.type() != UnitType::slice && unit.type() != UnitType::mount &&
         !unit.local().text().starts_with("run-") && !is_protected(unit.local());
}

}  // namespace

void StepRunner::run(const Record& record, const Step& step, std::chrono::milliseconds deadline, Done done) {
  alive_.renew();
  record_ = &record;
  deadline_ = deadline;
  done_ = std::move(done);
  std::visit([&](const auto& one) { run_one(one); }, step);
}

void StepRunner::abandon() {
  if (!done_) return;
  alive_.renew();
  later_.reset();
  done_ = nullptr;
  ports_.units.cancel_jobs();
  ports_.programs.cancel();
}

void StepRunner::finish(const Status& status) {
  auto done = std::exchange(done_, nullptr);
  if (!done) return;
  if (status) return done(StepDone{});
  if (status.error().code == Errc::conflict)
    return done(Superseded{Cause{status.error().message, "", "", {}, {}}});
  done(failed_because(status.error().message));
}

void StepRunner::finish_later(Status status) {
  // Steps that are done at once answer from the loop like all others, so that the engine is never entered
  // twice.
  later_ = ports_.timers.arm(std::chrono::milliseconds{0},
                             alive_.guard([this, status = std::move(status)] { finish(status); }));
}

void StepRunner::run_one(const RunJobs& step) { submit(step.verb, step.units, step.tolerant); }

void StepRunner::submit(JobVerb verb, std::vector<UnitName> units, bool tolerant) {
  if (units.empty()) return finish_later({});
  auto asked = units;
  ports_.units.run_jobs(
      verb, std::move(units), deadline_,
      alive_.guard([this, verb, tolerant, asked = std::move(asked)](Result<std::vector<JobResult>> results) {
        if (!results) {
          if (results.error().code == Errc::timeout) return explain_late_jobs(verb, asked, results.error());
          return finish(tl::make_unexpected(results.error()));
        }
        std::vector<JobResult> failed;
        for (const auto& job : *results) {
          if (!job.succeeded()) failed.push_back(job);
        }
        if (failed.empty()) return finish({});
        if (!tolerant) return explain_failed_jobs(verb, failed);
        for (const auto& job : failed) {
          // One that does not run cannot be reloaded: it is started next.
          if (verb != JobVerb::reload || job.result != "invalid") warn(what_happened(verb, job));
        }
        finish({});
      }));
}

void StepRunner::explain_failed_jobs(JobVerb verb, const std::vector<JobResult>& failed) {
  std::set<UnitName> units;
  for (const auto& job : failed) units.insert(job.unit);
  ports_.units.read(units, alive_.guard([this, verb, failed](Result<Snapshot> read) {
    auto now = read.value_or(Snapshot{});
    std::set<UnitName> required;
    for (const auto& job : failed) {
      const auto found = now.find(job.unit);
      if (job.result != "dependency" || found == now.end()) continue;
      for (const auto& name : found->second.after) {
        auto unit = UnitName::parse_any(name);
        if (unit && !now.contains(*unit)) required.insert(std::move(*unit));
      }
    }
    if (required.empty()) return failed_as(judge_failed_jobs(verb, failed, now, record_->request.gate));
    ports_.units.read(required, alive_.guard([this, verb, failed, now](const Result<Snapshot>& more) mutable {
      now.merge(more.value_or(Snapshot{}));
      failed_as(judge_failed_jobs(verb, failed, now, record_->request.gate));
    }));
  }));
}

void StepRunner::failed_as(const FailedJobs& judged) {
  for (const auto& sentence : judged.waived) warn(sentence);
  if (judged.causes.empty()) return finish({});
  if (auto done = std::exchange(done_, nullptr))
    done(StepFailed{judged.causes.front(), {judged.causes.begin() + 1, judged.causes.end()}});
}

void StepRunner::explain_late_jobs(JobVerb verb, const std::vector<UnitName>& units, const Error& error) {
  ports_.units.read({units.begin(), units.end()},
                    alive_.guard([this, verb, units, error](const Result<Snapshot>& now) {
                      const auto causes = judge_late_jobs(verb, units, now.value_or(Snapshot{}));
                      if (causes.empty()) return finish(tl::make_unexpected(error));
                      failed_as({causes, {}});
                    }));
}

void StepRunner::run_one(const PlaceTrial& step) {
  finish_later(ports_.copies.place_trial(record_->request.id, step.profile));
}

void StepRunner::run_one(const DropTrial& step) { finish_later(ports_.copies.drop_trial(step.profile)); }

void StepRunner::run_one(const ReloadManager&) {
  ports_.units.reload(alive_.guard([this](Status status) { finish(status); }));
}

void StepRunner::run_one(const ResetFailed& step) { reset({step.units.begin(), step.units.end()}); }

/// A revert takes back also what it is because of: units that came to fail by what was touched.
void StepRunner::reset(std::set<UnitName> units) {
  if (const auto* reverting = std::get_if<Reverting>(&record_->state)) {
    for (const auto& cause : reverting->causes) {
      auto unit = UnitName::parse_any(cause.unit);
      if (unit && !cause.other && !record_->baseline.contains(*unit)) units.insert(std::move(*unit));
    }
  }
  if (units.empty()) return finish_later({});
  ports_.units.reset_failed({units.begin(), units.end()},
                            alive_.guard([this](Status status) { finish(status); }));
}

void StepRunner::run_one(const VerifyUnits& step) {
  std::set<UnitName> units(step.present.begin(), step.present.end());
  units.insert(step.absent.begin(), step.absent.end());
  if (units.empty()) return finish_later({});
  ports_.units.read(units, alive_.guard([this, step](Result<Snapshot> snapshot) {
    if (!snapshot) return finish(tl::make_unexpected(snapshot.error()));
    const auto ours = ports_.copies.generator_directory() + "/";
    for (const auto& unit : step.present) {
      const auto& state = snapshot->at(unit);
      if (state.load == "masked") continue;
      if (state.load != "loaded") {
        return finish(fail(Errc::invalid_closure, unit.text() + " could not be loaded by systemd (" +
                                                      state.load + "): «systemctl status " + unit.text() +
                                                      "» tells why"));
      }
      if (!state.fragment.starts_with(ours)) {
        return finish(
            fail(Errc::refused, unit.text() + " is defined by " + state.fragment + ", not by its closure"));
      }
    }
    for (const auto& unit : step.absent) {
      if (snapshot->at(unit).fragment.starts_with(ours)) {
        return finish(
            fail(Errc::internal, unit.text() + " is still defined after its closure was taken back"));
      }
    }
    finish({});
  }));
}

void StepRunner::run_one(const KeepCopies& step) {
  if (!step.closure) return finish_later(ports_.copies.forget(step.profile));
  const auto entries = ports_.copies.of_closure(*step.closure);
  if (!entries) return finish_later(tl::make_unexpected(entries.error()));
  finish_later(ports_.copies.commit(step.profile, *step.closure, *entries));
}

void StepRunner::run_one(const SyncDisks&) { finish_later(ports_.host.sync_disks()); }

void StepRunner::run_one(const StartMissing&) {
  ports_.units.list(alive_.guard([this](Result<Snapshot> now) {
    if (!now) return finish(tl::make_unexpected(now.error()));
    std::set<UnitName> missing;
    for (const auto& [unit, before] : record_->baseline) {
      const auto found = now->find(unit);
      const bool runs = found != now->end() && found->second.is_up_or_coming();
      if (!runs && is_lasting(unit, before)) missing.insert(unit);
    }
    if (missing.empty()) return finish({});
    ports_.units.read(missing, alive_.guard([this](Result<Snapshot> read) {
      if (!read) return finish(tl::make_unexpected(read.error()));
      start_missing(*read);
    }));
  }));
}

void StepRunner::start_missing(const Snapshot& missing) {
  std::vector<UnitName> units;
  for (const auto& [unit, state] : missing) {
    const bool by_itself = state.triggered_by.empty() && !state.refuse_manual_start;
    if (state.load == "loaded" && by_itself && !state.is_up_or_coming()) units.push_back(unit);
  }
  for (const auto& unit : units)
    warn(unit.text() + " ran before and was stopped meanwhile: it is started again");
  submit(JobVerb::start, std::move(units), /*tolerant=*/true);
}

}  // namespace switchback
