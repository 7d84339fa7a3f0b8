// SPDX-License-Identifier: MIT
// What a run has really exercised: which event met which state, which fault struck in which, and what came of
// it. Counts alone; which of them must not be zero is the test's affair.
#pragma once

#include "activator/protocol/vocabulary.hpp"
#include "tests/simulation/faults.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace switchback::simulation {

inline constexpr std::array<std::string_view, std::variant_size_v<ActivationEvent>> kEventNames{
    "Prepared",        "PreparationFailed", "StepDone",        "StepFailed",    "RebootNeeded",
    "Superseded",      "GateHealthy",       "GatePending",     "GateUnhealthy", "SoakElapsed",
    "DeadlineReached", "Confirmed",         "CancelRequested", "RecordFailed",  "Restarted"};
inline constexpr std::size_t kEvents = kEventNames.size();

/// What became of one fault's schedule.
enum class Ending { committed, reverted, refused, needs_a_person, never_begun, broken };
inline constexpr std::array<std::string_view, 6> kEndingNames{"committed",      "reverted",    "refused",
                                                              "needs a person", "never begun", "broken"};

struct Coverage {
  std::uint64_t schedules = 0;
  std::array<std::array<std::uint64_t, kEvents>, kStates>
      events{};                                                   // that the engine fed to the state machine
  std::array<std::array<std::uint64_t, kEvents>, kStates> fed{};  // that were fed to it directly
  std::array<std::array<std::uint64_t, kStates>, kFaults> struck{};
  // By kind of fault; the last row is of schedules in which none struck.
  std::array<std::array<std::uint64_t, kEndingNames.size()>, kFaults + 1> endings{};

  void add(const Coverage& other);
  /// The tables, for a person.
  [[nodiscard]] std::string events_table() const;
  [[nodiscard]] std::string faults_table() const;
  [[nodiscard]] std::string endings_table() const;
};

}  // namespace switchback::simulation
