// SPDX-License-Identifier: MIT
// The engine at the two ends of an activation that it did not begin or will not go on with: recovery when the
// activator starts, and what is left to do once the outcome is durable.
#include "activator/engine/engine.hpp"
#include "activator/engine/history.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

constexpr std::chrono::seconds kTryAgain{1};
constexpr std::chrono::seconds kFileAwayEvery{10};

}  // namespace

void Engine::start() {
  const auto text = ports_.records.load();
  if (!text) {
    return start_again("the record of the running activation cannot be read: " + text.error().message +
                       ". Nothing was changed; see «When it goes wrong» in the manual");
  }
  if (!*text) {
    trouble_.clear();
    tidy_up();
    // Takes a program's run: the first activation shall not wait for it, and will be told if it fails.
    static_cast<void>(ports_.host.boot());
    return;
  }
  auto record = parse_record(**text);
  if (!record) {
    trouble_ = record.error().message + ". Nothing was changed; see «When it goes wrong» in the manual";
    spdlog::error("{}", trouble_);
    return;
  }
  resume(std::move(*record));
}

/// Nobody else would: a trial must not go on for want of an answer that systemd gives a moment later.
void Engine::start_again(std::string trouble) {
  if (trouble != trouble_) spdlog::error("{}", trouble);
  trouble_ = std::move(trouble);
  again_ = ports_.timers.arm(kTryAgain, alive_.guard([this] {
    const auto timer = std::exchange(again_, nullptr);
    start();
    if (!is_running() && idle_) idle_();
  }));
}

void Engine::resume(Record record) {
  if (!ports_.host.has_store()) {
    return start_again(
        "an activation was under way, but there is nothing in /nix/store; is it a file system that is not "
        "mounted yet? It is waited for");
  }
  const auto boot = ports_.host.boot();
  if (!boot) {
    return start_again("an activation was under way, but this boot cannot be told from others: " +
                       boot.error().message);
  }
  trouble_.clear();
  record_ = std::move(record);
  tell_activation();
  script_ = script_of(*record_);
  log_.resume(record_->request.id);
  ports_.units.include(users_of(record_->changes));
  runner_.expect_leftovers();
  if (!checks_to_ask(record_->request.gate, {}).empty()) ports_.prober.abandon();
  was_reloaded_ = true;  // it may have been: forgetting the pin once more costs a reload
  const bool run_was_kept =
      record_->boot.boot_id == boot->boot_id && record_->boot.run_token == boot->run_token;
  const Restarted restarted{record_->boot == *boot, came_up_new(), run_was_kept, trial_stands()};
  if (!restarted.same_boot) {
    record_->boot = *boot;
    record_->switched_ms.reset();
    record_->deadline_ms.reset();
  }
  spdlog::warn("activation {} was {} when the activator ended; {} boot", record_->request.id.text(),
               switchback::text(phase_of(record_->state)), restarted.same_boot ? "the same" : "another");
  handle(restarted);
}

/// Whether what this boot started is what the activation brings, as far as that can be told.
bool Engine::came_up_new() const {
  const auto committed = ports_.copies.committed();
  const auto system = ports_.host.current_system();
  if (!committed || !system || record_->changes.empty()) return false;
  return std::all_of(record_->changes.begin(), record_->changes.end(), [&](const PreparedChange& change) {
    const auto copies = committed->find(change.profile);
    switch (change.kind) {
      case Kind::units:
        return change.closure ? copies != committed->end() && copies->second == *change.closure
                              : copies == committed->end();
      case Kind::nixos:
        return *system == change.closure;
      case Kind::script:
        return true;  // it has been permanent since it was tried
    }
    return false;
  });
}

/// A revert goes on when the disk is full, and leaves a record from before it.
bool Engine::trial_stands() const {
  return std::all_of(record_->changes.begin(), record_->changes.end(), [&](const PreparedChange& change) {
    if (change.kind == Kind::units) return !change.changes_host() || ports_.copies.has_trial(change.profile);
    if (change.kind == Kind::nixos)
      return ports_.host.current_system().value_or(std::nullopt) == change.closure;
    const auto current = ports_.profiles.current(change.link).value_or(std::nullopt);
    return current && current->closure == change.closure;
  });
}

std::vector<GenerationInfo> Engine::generations() const {
  std::vector<GenerationInfo> infos;
  for (const auto& change : record_->changes) {
    GenerationInfo info{change.profile.text(), "", std::nullopt};
    const auto current = ports_.profiles.current(change.link);
    if (current && *current) {
      info.closure = (*current)->closure.text();
      info.number = (*current)->number;
    }
    infos.push_back(std::move(info));
  }
  return infos;
}

OutcomeEvent Engine::outcome_event() const {
  const auto& finished = std::get<Finished>(record_->state);
  OutcomeEvent event{finished.outcome, finished.causes, generations()};
  evidence_.attach(event.causes);
  return event;
}

void Engine::conclude() {
  deadline_.reset();
  soak_.reset();
  const bool committed = is_committed(std::get<Finished>(record_->state).outcome);
  // The record is on disk: whoever waits for the commit is answered before anything else.
  for (auto& waiting : std::exchange(waiting_for_commit_, {})) {
    if (committed)
      waiting(running_status());
    else
      waiting(fail(Errc::wrong_phase, "the activation was not committed: " +
                                          std::string(text(std::get<Finished>(record_->state).outcome))));
  }
  evidence_.await([this] { finish(); });
}

void Engine::finish() {
  const auto outcome = outcome_event();
  spdlog::info("activation {}: {}", record_->request.id.text(), text(outcome.outcome));
  tidy_up();
  log_.emit(outcome);
  file_away(outcome);
}

/// Until it is in the history, the host is not free: what is left of the record may be of before the end.
void Engine::file_away(const OutcomeEvent& outcome) {
  const auto written = ports_.records.finish(
      record_->request.id, history_document(*record_, outcome, log_.events(), ports_.clock.realtime_ms()));
  if (!written) {
    const auto problem = with_context(written.error(), "the history cannot be written").message;
    if (problem != trouble_) spdlog::error("{}", problem);
    trouble_ = problem;
    again_ = ports_.timers.arm(kFileAwayEvery, alive_.guard([this, outcome] {
      const auto timer = std::exchange(again_, nullptr);
      file_away(outcome);
    }));
    return;
  }
  trouble_.clear();
  record_.reset();
  tell_activation();
  if (std::exchange(was_reloaded_, false)) {
    // Without it systemd would go on starting the pinned binary, and name a drop-in that is gone.
    ports_.units.reload(alive_.guard([this](Status) {
      if (idle_ && !record_) idle_();
    }));
  } else if (idle_) {
    idle_();
  }
}

void Engine::tidy_up() {
  ports_.copies.clean();
  ports_.host.unpin_activator();
  ports_.profiles.unpin_all("");
}

}  // namespace switchback
