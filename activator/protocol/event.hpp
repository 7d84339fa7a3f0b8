// SPDX-License-Identifier: MIT
// The events of an activation: the same on the wire, in the command's --json and in the history.
// Decides their fields; a reader ignores fields and types that it does not know.
#pragma once

#include "activator/protocol/activation_id.hpp"
#include "activator/protocol/error.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace switchback {

/// Why an activation was refused or reverted: the unit and its own words where a unit is to blame.
struct Cause {
  std::string message;             // one sentence, complete in itself
  std::string unit;                // empty: no unit is to blame
  std::string result;              // systemd's Result property, such as exit-code
  std::optional<int> exit_status;  // the main process's exit status or signal number
  std::vector<std::string> log;    // last journal lines of the failing invocation, oldest first
  std::vector<int> priorities{};   // of each of them, syslog(3); empty: not known
  std::uint64_t restarts = 0;      // by systemd, as far as they were seen
  std::string invocation{};        // which run of the unit failed
  std::string hint{};              // what usually is the matter, and what to look at
  bool other = false;              // the unit was not touched, nor has it to do with what was
  bool operator==(const Cause&) const = default;
};

/// A generation that an outcome names; `number` is absent where no generation was made.
struct GenerationInfo {
  std::string profile;
  std::string closure;  // empty: the profile has none
  std::optional<std::uint64_t> number;
  bool operator==(const GenerationInfo&) const = default;
};

struct PhaseEvent {
  Phase phase = Phase::preparing;
  std::optional<double> deadline;  // seconds from now until the phase must have ended
};
struct PlanEvent {
  std::string profile;
  std::string unit;
  UnitAction action = UnitAction::keep;
  std::string reason;
};
/// A unit with which something else was done than was planned; told when all that was to be done is done.
struct DeviationEvent {
  std::string unit;
  UnitAction planned = UnitAction::keep;   // keep also for one that the plan does not name
  UnitAction happened = UnitAction::keep;  // start, restart, stop or keep: the rest is not seen from outside
  std::string reason;                      // one clause; may be empty
};
struct UnitEvent {
  std::string unit;
  std::string active;  // systemd's ActiveState
  std::string sub;     // systemd's SubState
  std::string result;
  std::uint64_t restarts = 0;  // since the activation began
  UnitVerdict verdict = UnitVerdict::pending;
};
struct LogEvent {
  std::string unit;
  int priority = 6;  // syslog(3)
  std::string message;
};
/// Told when the state changes, and at a first try that misses.
struct CheckEvent {
  std::string name;
  CheckState state = CheckState::pending;
  std::string output;  // of its last try: how it went in one line, and what it said
};
struct WarningEvent {
  std::string message;
};
struct OutcomeEvent {
  Outcome outcome = Outcome::refused;
  std::vector<Cause> causes;                // first cause first
  std::vector<GenerationInfo> generations;  // what each profile names now
};

using EventBody = std::variant<PhaseEvent, PlanEvent, DeviationEvent, UnitEvent, LogEvent, CheckEvent,
                               WarningEvent, OutcomeEvent>;

struct Event {
  std::uint64_t seq = 0;     // from 1, without gaps within an activation
  std::int64_t time_ms = 0;  // CLOCK_REALTIME, for people
  ActivationId activation;
  EventBody body;
};

[[nodiscard]] nlohmann::json to_json(const Cause& cause);
[[nodiscard]] Result<Cause> parse_cause(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const GenerationInfo& generation);
[[nodiscard]] Result<GenerationInfo> parse_generation_info(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const Event& event);
/// nullopt for a type this version does not know. Errors: corrupt.
[[nodiscard]] Result<std::optional<Event>> parse_event(const nlohmann::json& json);

}  // namespace switchback
