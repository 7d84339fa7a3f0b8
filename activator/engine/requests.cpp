// SPDX-License-Identifier: MIT
// The engine's answers to those who ask about an activation: watch, confirm, cancel, status.
#include "activator/core/check_track.hpp"
#include "activator/core/unmatched_globs.hpp"
#include "activator/engine/engine.hpp"
#include "activator/engine/history.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace switchback {
namespace {

std::optional<HistoryEntry> find_finished(RecordStore& records, const ActivationId& id) {
  std::optional<HistoryEntry> found;
  records.visit_history([&](const std::string& document) {
    if (document.find(id.text()) == std::string::npos) return true;
    auto entry = parse_history(document);
    if (entry && entry->status.id == id) found = std::move(entry);
    return !found;
  });
  return found;
}

Error unknown_activation(const ActivationId& id) {
  return {Errc::no_such_activation, "this host knows no activation " + id.text() +
                                        "; «switchback status» shows the running one and the last"};
}

Error too_late(const ActivationStatus& status) {
  std::string state = std::string(text(status.phase));
  if (status.outcome) {
    state = std::string(text(status.outcome->outcome));
    if (!status.outcome->causes.empty()) state += " (" + status.outcome->causes.front().message + ")";
  }
  return {Errc::wrong_phase, "too late: activation " + status.id.short_text() + " is " + state};
}

}  // namespace

ActivationStatus Engine::running_status() const {
  ActivationStatus status{record_->request.id, phase_of(record_->state),
                          std::chrono::duration<double>(time_left()).count(), record_->holder, std::nullopt};
  if (std::holds_alternative<Finished>(record_->state)) {
    status.seconds_left.reset();
    status.outcome = outcome_event();
  }
  return status;
}

Result<std::shared_ptr<void>> Engine::watch(const WatchRequest& request, Listener listener) {
  if (record_ && record_->request.id == request.id) return log_.listen(request.after, std::move(listener));
  const auto entry = find_finished(ports_.records, request.id);
  if (!entry) return tl::make_unexpected(unknown_activation(request.id));
  for (const auto& event : entry->events) {
    const bool outcome = std::holds_alternative<OutcomeEvent>(event.body);
    if (outcome || event.seq > request.after) listener(event);
  }
  return std::shared_ptr<void>();
}

void Engine::confirm(const ConfirmRequest& request, std::int64_t connected_ms,
                     Callback<ActivationStatus> done) {
  if (!record_ || record_->request.id != request.id) {
    const auto entry = find_finished(ports_.records, request.id);
    if (!entry) return done(tl::make_unexpected(unknown_activation(request.id)));
    if (is_committed(entry->status.outcome->outcome)) return done(entry->status);
    return done(tl::make_unexpected(too_late(entry->status)));
  }
  const auto phase = phase_of(record_->state);
  const auto* finished = std::get_if<Finished>(&record_->state);
  if (finished != nullptr && is_committed(finished->outcome)) return done(running_status());
  if (phase == Phase::reverting || phase == Phase::finished) {
    return done(tl::make_unexpected(too_late(running_status())));
  }
  if (record_->request.mode == Mode::test) {
    return done(
        fail(Errc::wrong_phase, "activation " + request.id.short_text() +
                                    " is a test: it is never kept. Deploy without --test to keep it"));
  }
  if (!record_->switched_ms) {
    return done(fail(Errc::wrong_phase,
                     "too early: activation " + request.id.short_text() + " is " + std::string(text(phase))));
  }
  if (connected_ms < *record_->switched_ms) {
    return done(
        fail(Errc::stale_connection,
             "this connection was made before the new closure ran, so that it proves nothing: confirm over a "
             "new one"));
  }
  if (phase == Phase::observing) {
    handle(Confirmed{});
    return done(running_status());
  }
  waiting_for_commit_.push_back(std::move(done));
  handle(Confirmed{});
}

Result<ActivationStatus> Engine::cancel(const CancelRequest& request) {
  if (!record_ || record_->request.id != request.id) {
    const auto entry = find_finished(ports_.records, request.id);
    if (!entry) return tl::make_unexpected(unknown_activation(request.id));
    return tl::make_unexpected(too_late(entry->status));
  }
  const auto phase = phase_of(record_->state);
  if (phase == Phase::committing || phase == Phase::finished)
    return tl::make_unexpected(too_late(running_status()));
  if (phase != Phase::reverting) handle(CancelRequested{request.reason});
  return running_status();
}

void Engine::status(Callback<HostStatus> done) {
  ports_.units.list(alive_.guard([this, done = std::move(done)](Result<Snapshot> units) {
    HostStatus status;
    status.host = ports_.host.name();
    status.version = SWITCHBACK_VERSION;
    status.trouble = trouble_;
    const auto committed = ports_.copies.committed();
    if (!committed && status.trouble.empty()) status.trouble = committed.error().message;
    status.profiles = profile_statuses();
    if (record_) status.running = running_status();
    ports_.records.visit_history([&](const std::string& document) {
      if (auto entry = parse_history_without_events(document)) status.last = std::move(entry->status);
      return false;
    });
    if (units) {
      for (const auto& [unit, state] : *units) {
        if (state.active == "failed") status.failed_units.push_back(unit.text());
      }
    } else if (status.trouble.empty()) {
      status.trouble = units.error().message;
    }
    done(std::move(status));
  }));
}

void Engine::check_gate(GatePolicy gate, Callback<GateAdvice> done) {
  ports_.units.list(
      alive_.guard([this, gate = std::move(gate), done = std::move(done)](const Result<Snapshot>& listed) {
        if (!listed) return done(tl::make_unexpected(listed.error()));
        GateAdvice advice;
        for (const auto& [name, check] : checks_to_ask(gate, {})) {
          if (const auto possible = ports_.prober.can_ask(check.policy); !possible)
            advice.problems.push_back(cannot_be_asked(name, possible.error().message));
        }
        std::set<std::string, std::less<>> units;
        for (const auto& [unit, state] : *listed) {
          if (state.load != "not-found") units.insert(unit.text());
        }
        advice.warnings =
            unmatched_globs(gate, units, "that is loaded here (those of a new closure are not known yet)");
        done(std::move(advice));
      }));
}

}  // namespace switchback
