// SPDX-License-Identifier: MIT
#include "activator/engine/engine.hpp"

#include "activator/core/expectation.hpp"
#include "activator/core/overloaded.hpp"
#include "activator/engine/history.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

constexpr std::chrono::seconds kProfilePoll{2};

}  // namespace

Engine::Engine(Ports ports)
    : ports_(ports),
      log_(ports.records, ports.clock),
      runner_(ports, {[this](std::string message) { log_.emit(WarningEvent{std::move(message)}); },
                      [this](const LogEvent& event) { log_.emit(event); }}),
      gate_(ports, {[this](const GateReading& reading) { judged(reading); },
                    [this](const UnitEvent& event) { log_.emit(event); },
                    [this](const CheckEvent& event) { log_.emit(event); }}),
      evidence_(ports.journal, ports.timers, [this](const LogEvent& event) { log_.emit(event); }),
      deviations_(ports, [this](const DeviationEvent& event) { log_.emit(event); }) {}

void Engine::handle(const ActivationEvent& event) {
  if (!record_) return;
  if (const auto* done = std::get_if<StepDone>(&event); done != nullptr && done->touched) {
    keep_touched(*done->touched);
  }
  const bool goes_by_boot = std::holds_alternative<RebootNeeded>(event) && could_go_by_boot(script_);
  if (goes_by_boot) set_needs_boot(true);
  auto transition = step(script_, record_->state, event);
  if (on_step_) on_step_(record_->state, event, transition ? transition->next : record_->state);
  if (!transition) return;
  const auto before = std::exchange(record_->state, std::move(transition->next));
  const auto switched_before = record_->switched_ms;
  const auto deadline_before = record_->deadline_ms;
  const bool was_before = phase_of(before) < Phase::observing;
  if (was_before && std::holds_alternative<Observing>(record_->state))
    record_->switched_ms = ports_.clock.boottime_ms();
  for (const auto& action : transition->actions) {
    if (const auto* arm = std::get_if<ArmDeadline>(&action)) arm_deadline(arm->after);
  }
  // An end is an end in every boot: it is on disk already.
  const bool new_boot = std::holds_alternative<Restarted>(event) && !std::holds_alternative<Finished>(before);
  if (new_boot || goes_by_boot || must_be_saved(before, record_->state)) {
    if (auto saved = save(); !saved) {
      spdlog::error("{}", saved.error().message);
      const auto* finished = std::get_if<Finished>(&record_->state);
      const bool committed = finished != nullptr && is_committed(finished->outcome);
      // It took its place and could not be synced: who reads it next will go by it, and after a power cut by
      // the one before, which leads to the same end.
      const bool needs_no_record = std::holds_alternative<Reverting>(record_->state) ||
                                   (finished != nullptr && (!committed || is_in_place()));
      if (!needs_no_record) {
        // What is on disk is the state before: from there the way back is open.
        record_->state = before;
        record_->switched_ms = switched_before;
        record_->deadline_ms = deadline_before;
        if (goes_by_boot) set_needs_boot(false);
        const bool new_was_booted = new_boot && std::get<Restarted>(event).new_is_committed;
        return handle(RecordFailed{saved.error().message, new_was_booted});
      }
    }
  }
  announce_phase(before);
  warn_of_checks(before);
  gather_evidence();
  for (const auto& action : transition->actions) perform(action);
}

void Engine::set_needs_boot(bool needs_boot) {
  record_->needs_boot = needs_boot;
  script_ = script_of(*record_);
}

/// What programs have touched belongs to the changes that they were run for; which of them it was is not
/// known.
void Engine::keep_touched(const UnitPlan& touched) {
  for (auto& change : record_->changes) {
    if (change.kind == Kind::units) continue;
    change.units = touched;
    break;
  }
  script_ = script_of(*record_);
}

void Engine::tell_activation() const {
  if (on_activation_) on_activation_(record_ ? record_->request.id.text() : "");
}

std::string Engine::record_text() const {
  return to_json(*record_).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status Engine::save() { return ports_.records.save(record_text()); }

bool Engine::is_in_place() const {
  const auto found = ports_.records.load();
  return found && *found == record_text();
}

void Engine::announce_phase(const State& before) {
  const auto phase = phase_of(record_->state);
  if (phase == Phase::finished || phase == phase_of(before)) return;
  spdlog::info("activation {}: {}", record_->request.id.short_text(), text(phase));
  log_.emit(PhaseEvent{phase, std::chrono::duration<double>(time_left()).count()});
  if (phase == Phase::switching) deviations_.begin();
  if (phase == Phase::observing) deviations_.compare(*record_);
  if (phase != Phase::reverting) return;
  deviations_.end();
  const auto& causes = std::get<Reverting>(record_->state).causes;
  if (causes.empty()) return;
  const auto more = causes.size() > 1 ? " (and " + std::to_string(causes.size() - 1) + " more)" : "";
  log_.emit(WarningEvent{"reverting: " + causes.front().message + more});
}

/// Of what reverts it, or would, had that not been switched off.
void Engine::gather_evidence() { evidence_.gather(blamed_in(record_->state)); }

void Engine::perform(const Action& action) {
  std::visit(Overloaded{
                 [&](const RunStep& run) { run_step(run.step); },
                 [&](const AbandonStep&) {
                   step_alive_.renew();
                   runner_.abandon();
                   preparer_.reset();
                 },
                 [&](const WatchGate& watch) { open_gate(watch.reverting); },
                 [&](const LeaveGate&) {
                   gate_.close();
                   soak_.reset();
                   profile_watch_.reset();
                 },
                 [&](const WatchProfiles&) { watch_profiles(std::chrono::milliseconds{0}); },
                 [](const ArmDeadline&) {},  // armed before the record was written, which holds it
                 [&](const KeepDeadline&) { arm_deadline(time_left()); },
                 [&](const ArmSoak& soak) {
                   // Signals are hints: the end of the soak is a look of its own.
                   soak_ = ports_.timers.arm(soak.after, alive_.guard([this] {
                     gate_.look_once_more([this] { handle(SoakElapsed{}); });
                   }));
                 },
                 [&](const DisarmSoak&) { soak_.reset(); },
                 [&](const Warn& warn) { log_.emit(WarningEvent{warn.message}); },
                 [&](const Conclude&) { conclude(); },
             },
             action);
}

void Engine::watch_profiles(std::chrono::milliseconds after) {
  profile_watch_ = ports_.timers.arm(after, alive_.guard([this] {
    const auto timer = std::exchange(profile_watch_, nullptr);
    if (const auto moved = runner_.find_moved(*record_)) return handle(Superseded{*moved});
    watch_profiles(kProfilePoll);
  }));
}

void Engine::arm_deadline(std::chrono::milliseconds after) {
  record_->deadline_ms = ports_.clock.boottime_ms() + after.count();
  deadline_ = ports_.timers.arm(after, alive_.guard([this] { deadline_reached(); }));
}

std::chrono::milliseconds Engine::time_left() const {
  const auto left = record_->deadline_ms.value_or(0) - ports_.clock.boottime_ms();
  return std::chrono::milliseconds{std::max<std::int64_t>(left, 0)};
}

void Engine::deadline_reached() { handle(DeadlineReached{gate_.pending()}); }

void Engine::run_step(const Step& step) {
  const auto* reverting = std::get_if<Reverting>(&record_->state);
  const auto run = [this, step] {
    spdlog::info("activation {}: {}", record_->request.id.short_text(), describe(step));
    if (std::holds_alternative<ReloadManager>(step)) was_reloaded_ = true;
    // The manager's own deadline comes first, since it can name the units that were still busy.
    runner_.run(*record_, step, time_left() - std::min(time_left() / 10, std::chrono::milliseconds{1000}),
                [this](const ActivationEvent& event) { handle(event); });
  };
  if (reverting == nullptr || reverting->step > 0) return run();
  secure_manager(run);
}

/// Each attempt of a revert begins with this: what is tried may have taken the system bus away.
void Engine::secure_manager(std::function<void()> then) {
  ports_.units.secure(step_alive_.guard([this, then = std::move(then)](Reach reach) {
    if (reach == Reach::bus_started) {
      log_.emit(WarningEvent{"the system bus was stopped: the revert started it again"});
    } else if (reach == Reach::without_bus) {
      log_.emit(
          WarningEvent{"the system bus does not answer and cannot be started: the revert goes on without it; "
                       "«systemctl status dbus.socket dbus.service» tells more"});
    }
    then();
  }));
}

void Engine::open_gate(bool reverting) {
  if (reverting) ports_.units.secure([](Reach) {});  // after a restart, no step does
  const auto& gate = record_->request.gate;
  // Checks are of the new closure: what they say of the old one never counts.
  const bool booted = waits_for_boot(script_) && !reverting;
  gate_.open(booted ? expectation_of_boot(record_->baseline, gate)
                    : expectation_of(record_->changes, record_->baseline, gate, reverting),
             reverting ? AskedChecks{} : checks_to_ask(gate, record_->prefailing), record_->request.id.text(),
             phase_of(record_->state) != Phase::observing);
}

/// What is not required keeps nobody, so that it may not have passed by now.
void Engine::warn_of_checks(const State& before) {
  const auto phase = phase_of(record_->state);
  if (phase_of(before) != Phase::observing || phase == Phase::observing || phase == Phase::reverting) return;
  for (const auto& [name, judgement] : gate_.last().checks) {
    if (!judgement.required && !judgement.warned && judgement.state == CheckState::pending)
      warn_once("not required, and has not passed: " + judgement.cause.message);
  }
}

void Engine::warn_once(const std::string& warning) {
  if (warned_.insert(warning).second) log_.emit(WarningEvent{warning});
}

void Engine::judged(const GateReading& reading) {
  for (const auto& warning : reading.warnings) warn_once(warning);
  switch (reading.verdict) {
    case UnitVerdict::healthy:
      return handle(GateHealthy{});
    case UnitVerdict::unhealthy:
      return handle(GateUnhealthy{reading.causes});
    case UnitVerdict::pending:
    case UnitVerdict::ignored:
      return handle(GatePending{});
  }
}

Status Engine::activate(ActivateRequest request, std::string holder) {
  if (!trouble_.empty()) return fail(Errc::corrupt, trouble_);
  if (record_) {
    if (record_->request.id == request.id) return {};  // a pusher that asks again after losing its connection
    const auto now = running_status();
    const auto left = static_cast<int>(now.seconds_left.value_or(0));
    return fail(Errc::busy, "the host is held by activation " + now.id.short_text() + " of " + now.holder +
                                ", " + std::string(text(now.phase)) + ", for " + std::to_string(left) +
                                " s more at most");
  }
  const auto boot = ports_.host.boot();
  if (!boot) return tl::make_unexpected(boot.error());
  auto first = begin();
  record_.emplace(Record{std::move(request),
                         std::move(holder),
                         *boot,
                         ports_.clock.realtime_ms(),
                         {},
                         {},
                         {},
                         {},
                         std::move(first.next)});
  log_.begin(record_->request.id);
  evidence_.clear();
  warned_.clear();
  was_reloaded_ = false;
  ports_.units.relax();
  script_ = script_of(*record_);
  for (const auto& action : first.actions) {
    if (const auto* arm = std::get_if<ArmDeadline>(&action)) arm_deadline(arm->after);
  }
  if (auto saved = save(); !saved) {
    record_.reset();
    deadline_.reset();
    return tl::make_unexpected(with_context(saved.error(), "nothing was begun"));
  }
  tell_activation();
  spdlog::info("activation {} of {} begins", record_->request.id.text(), record_->holder);
  log_.emit(PhaseEvent{Phase::preparing, std::chrono::duration<double>(time_left()).count()});
  prepare();
  return {};
}

void Engine::prepare() {
  preparer_ = std::make_unique<Preparer>(ports_, record_->request);
  preparer_->run([this](Result<Preparation> result) { prepared(std::move(result)); });
}

void Engine::prepared(Result<Preparation> result) {
  // Handled from the loop: the preparer that is calling here is destroyed by what follows.
  soak_ = ports_.timers.arm(
      std::chrono::milliseconds{0}, alive_.guard([this, result = std::move(result)]() mutable {
        if (!result) return handle(PreparationFailed{Cause{result.error().message, "", "", {}, {}}});
        for (const auto& check : result->checks) log_.emit(check);
        for (const auto& warning : result->warnings) log_.emit(WarningEvent{warning});
        for (const auto& change : result->changes) {
          for (const auto& unit : change.units.explained) {
            log_.emit(PlanEvent{change.profile.text(), unit.unit.text(), unit.action, unit.reason});
          }
        }
        record_->changes = std::move(result->changes);
        record_->baseline = std::move(result->baseline);
        record_->prefailing = std::move(result->prefailing);
        script_ = script_of(*record_);
        handle(Prepared{});
      }));
}

}  // namespace switchback
