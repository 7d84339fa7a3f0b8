// SPDX-License-Identifier: MIT
// Runs activations: feeds events to the state machine, writes the record before it acts, carries out the
// actions through the ports. Decides nothing that core/activation.hpp decides.
#pragma once

#include "activator/core/activation.hpp"
#include "activator/core/record.hpp"
#include "activator/engine/alive.hpp"
#include "activator/engine/deviations.hpp"
#include "activator/engine/event_log.hpp"
#include "activator/engine/evidence.hpp"
#include "activator/engine/gate_watch.hpp"
#include "activator/engine/ports.hpp"
#include "activator/engine/preparation.hpp"
#include "activator/engine/step_runner.hpp"
#include "activator/protocol/gate_advice.hpp"
#include "activator/protocol/gate_policy.hpp"
#include "activator/protocol/status.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

class Engine {
 public:
  explicit Engine(Ports ports);

  /// Goes on with what the record says, or tidies up when there is none. Called once, first. What cannot be
  /// found out yet is tried again.
  void start();

  /// Accepts an activation; what comes of it is told by events. `holder` is who asked, for a person.
  /// Errors: busy (who holds the host, in which phase, until when), corrupt while an unreadable record is
  /// there.
  [[nodiscard]] Status activate(ActivateRequest request, std::string holder);
  /// Accepts an activation that goes back to what a generation of a profile ran.
  /// Errors: as activate(); refused when there is no such generation.
  [[nodiscard]] Status rollback(RollbackRequest request, std::string holder);
  /// Accepts one that takes a profile's units away. Errors: as activate().
  [[nodiscard]] Status remove(RemoveRequest request, std::string holder);
  /// Tells the events of the running activation, or of a finished one, after number `after`; the last is the
  /// outcome. Errors: no_such_activation.
  [[nodiscard]] Result<std::shared_ptr<void>> watch(const WatchRequest& request, Listener listener);
  /// Answers with the state once it is durable. `connected_ms` is when the caller's connection was made, on
  /// CLOCK_BOOTTIME. Errors: no_such_activation, stale_connection, wrong_phase (with the state).
  void confirm(const ConfirmRequest& request, std::int64_t connected_ms, Callback<ActivationStatus> done);
  /// Errors: no_such_activation, wrong_phase.
  [[nodiscard]] Result<ActivationStatus> cancel(const CancelRequest& request);
  void status(Callback<HostStatus> done);
  /// What an activation with this gate would be refused for, or warned of, whatever it changes.
  void check_gate(GatePolicy gate, Callback<GateAdvice> done);
  /// Finished activations, newest first, as documents of the history.
  [[nodiscard]] std::vector<std::string> history(std::size_t limit) { return ports_.records.history(limit); }

  /// Whether a record runs; the process must not exit then.
  [[nodiscard]] bool is_running() const { return record_.has_value() || again_ != nullptr; }
  /// Called each time an activation has come to its end and nothing of it is left to do.
  void on_idle(std::function<void()> idle) { idle_ = std::move(idle); }
  /// Called with the id of the activation that is dealt with from now on, and with "" when there is none.
  void on_activation(std::function<void(const std::string& id)> activation) {
    on_activation_ = std::move(activation);
  }
  /// Called with each event that the state machine is given, and the states before and after it.
  using StepObserver = std::function<void(const State& before, const ActivationEvent&, const State& after)>;
  void on_step(StepObserver observer) { on_step_ = std::move(observer); }

 private:
  void handle(const ActivationEvent& event);
  void set_needs_boot(bool needs_boot);
  void keep_touched(const UnitPlan& touched);
  [[nodiscard]] std::string record_text() const;
  [[nodiscard]] Status save();
  [[nodiscard]] bool is_in_place() const;
  void announce_phase(const State& before);
  void gather_evidence();
  void perform(const Action& action);
  void watch_profiles(std::chrono::milliseconds after);
  void arm_deadline(std::chrono::milliseconds after);
  void deadline_reached();
  void prepare();
  void prepared(Result<Preparation> result);
  void run_step(const Step& step);
  void secure_manager(std::function<void()> then);
  void open_gate(bool reverting);
  void judged(const GateReading& reading);
  void warn_of_checks(const State& before);
  void warn_once(const std::string& warning);
  void conclude();
  void finish();
  void file_away(const OutcomeEvent& outcome);
  void tidy_up();
  void resume(Record record);
  void start_again(std::string trouble);
  void tell_activation() const;
  [[nodiscard]] Result<ChangeRequest> resolve(const RollbackRequest& request);
  [[nodiscard]] std::optional<GenerationInfo> ran_before(const ProfileName& profile, const StorePath& now);
  [[nodiscard]] bool came_up_new() const;
  [[nodiscard]] bool trial_stands() const;
  [[nodiscard]] std::vector<ProfileStatus> profile_statuses();
  [[nodiscard]] OutcomeEvent outcome_event() const;
  [[nodiscard]] ActivationStatus running_status() const;
  [[nodiscard]] std::vector<GenerationInfo> generations() const;
  [[nodiscard]] std::chrono::milliseconds time_left() const;

  Ports ports_;
  Alive alive_;
  Alive step_alive_;  // of the step that was asked for: void once it is abandoned
  EventLog log_;
  StepRunner runner_;
  GateWatch gate_;
  Evidence evidence_;
  Deviations deviations_;
  std::optional<Record> record_;
  Script script_;
  std::string trouble_;  // why a record that is there cannot be used
  std::unique_ptr<Preparer> preparer_;
  std::unique_ptr<Timer> deadline_, soak_, profile_watch_, again_;
  std::vector<Callback<ActivationStatus>> waiting_for_commit_;
  std::set<std::string> warned_;
  std::function<void()> idle_;
  std::function<void(const std::string&)> on_activation_;
  StepObserver on_step_;
  bool was_reloaded_ = false;  // the manager knows our pinned unit: it must forget it again
};

}  // namespace switchback
