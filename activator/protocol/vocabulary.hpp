// SPDX-License-Identifier: MIT
// The closed sets of words that the wire, the record and the terminal share: phases, outcomes, kinds, modes.
// Decides their spelling and the exit status that belongs to an outcome.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace switchback {

/// One spelling table for each enumeration; `text()` and `parse<>()` both read it, so they cannot disagree.
template <class Enum>
struct Spelling;

template <class Enum>
[[nodiscard]] constexpr std::string_view text(Enum value) {
  for (const auto& [candidate, name] : Spelling<Enum>::kNames) {
    if (candidate == value) return name;
  }
  return "?";
}

template <class Enum>
[[nodiscard]] constexpr std::optional<Enum> parse(std::string_view spelled) {
  for (const auto& [candidate, name] : Spelling<Enum>::kNames) {
    if (name == spelled) return candidate;
  }
  return std::nullopt;
}

enum class Phase {
  preparing,
  switching,
  awaiting_boot,  // the host's next boot, and that alone, runs what is deployed
  observing,
  awaiting_confirmation,
  testing,  // healthy, and kept for a while without ever being committed
  committing,
  reverting,
  finished,
};
template <>
struct Spelling<Phase> {
  static constexpr std::array<std::pair<Phase, std::string_view>, 9> kNames{{
      {Phase::preparing, "preparing"},
      {Phase::switching, "switching"},
      {Phase::awaiting_boot, "awaiting boot"},
      {Phase::observing, "observing"},
      {Phase::awaiting_confirmation, "awaiting confirmation"},
      {Phase::testing, "testing"},
      {Phase::committing, "committing"},
      {Phase::reverting, "reverting"},
      {Phase::finished, "finished"},
  }};
};

enum class Outcome {
  committed,
  committed_unhealthy,  // because reverting was switched off
  planned,              // a dry run: nothing was to change
  refused,
  reverted,
  reverted_unhealthy,
  revert_failed,
  superseded,
};
template <>
struct Spelling<Outcome> {
  static constexpr std::array<std::pair<Outcome, std::string_view>, 8> kNames{{
      {Outcome::committed, "committed"},
      {Outcome::committed_unhealthy, "committed, unhealthy"},
      {Outcome::planned, "planned"},
      {Outcome::refused, "refused"},
      {Outcome::reverted, "reverted"},
      {Outcome::reverted_unhealthy, "reverted, unhealthy"},
      {Outcome::revert_failed, "revert failed"},
      {Outcome::superseded, "superseded"},
  }};
};

/// What a closure is activated by: its units, NixOS's switch-to-configuration, or a script of its own.
enum class Kind { units, nixos, script };
template <>
struct Spelling<Kind> {
  static constexpr std::array<std::pair<Kind, std::string_view>, 3> kNames{{
      {Kind::units, "units"},
      {Kind::nixos, "nixos"},
      {Kind::script, "script"},
  }};
};

enum class Mode { switch_now, test, dry_run, boot };
template <>
struct Spelling<Mode> {
  static constexpr std::array<std::pair<Mode, std::string_view>, 4> kNames{{
      {Mode::switch_now, "switch"},
      {Mode::test, "test"},
      {Mode::dry_run, "dry-run"},
      {Mode::boot, "boot"},
  }};
};

enum class ConfirmMode { automatic, manual, none };
template <>
struct Spelling<ConfirmMode> {
  static constexpr std::array<std::pair<ConfirmMode, std::string_view>, 3> kNames{{
      {ConfirmMode::automatic, "auto"},
      {ConfirmMode::manual, "manual"},
      {ConfirmMode::none, "none"},
  }};
};

/// What a plan does with one unit.
enum class UnitAction { stop, start, restart, stop_start, reload, keep, skip };
template <>
struct Spelling<UnitAction> {
  static constexpr std::array<std::pair<UnitAction, std::string_view>, 7> kNames{{
      {UnitAction::stop, "stop"},
      {UnitAction::start, "start"},
      {UnitAction::restart, "restart"},
      {UnitAction::stop_start, "stop-start"},
      {UnitAction::reload, "reload"},
      {UnitAction::keep, "keep"},
      {UnitAction::skip, "skip"},
  }};
};

/// What the gate thinks of one unit.
enum class UnitVerdict { healthy, pending, unhealthy, ignored };
template <>
struct Spelling<UnitVerdict> {
  static constexpr std::array<std::pair<UnitVerdict, std::string_view>, 4> kNames{{
      {UnitVerdict::healthy, "healthy"},
      {UnitVerdict::pending, "pending"},
      {UnitVerdict::unhealthy, "unhealthy"},
      {UnitVerdict::ignored, "ignored"},
  }};
};

/// What the gate thinks of one check.
enum class CheckState {
  pending,  // it has not yet passed as often as it must
  passed,
  missed,  // it has passed, and misses now: not yet often enough to fail
  failed,
};
template <>
struct Spelling<CheckState> {
  static constexpr std::array<std::pair<CheckState, std::string_view>, 4> kNames{{
      {CheckState::pending, "pending"},
      {CheckState::passed, "passed"},
      {CheckState::missed, "missed"},
      {CheckState::failed, "failed"},
  }};
};

/// The command's exit statuses; the table in README.md explains each.
enum class ExitStatus : int {
  done = 0,
  nothing_changed = 1,
  usage = 2,
  reverted = 3,
  needs_a_person = 4,
  unreachable = 5,
  busy = 6,
  unknown = 7,
  committed_unhealthy = 8,
};

[[nodiscard]] constexpr ExitStatus exit_status(Outcome outcome) {
  switch (outcome) {
    case Outcome::committed:
    case Outcome::planned:
      return ExitStatus::done;
    case Outcome::committed_unhealthy:
      return ExitStatus::committed_unhealthy;
    case Outcome::refused:
      return ExitStatus::nothing_changed;
    case Outcome::reverted:
      return ExitStatus::reverted;
    case Outcome::reverted_unhealthy:
    case Outcome::revert_failed:
    case Outcome::superseded:
      return ExitStatus::needs_a_person;
  }
  return ExitStatus::needs_a_person;
}

}  // namespace switchback
