// SPDX-License-Identifier: MIT
// An entry of a host's history. Decides what is taken from it; a field that is not known is passed over.
#pragma once

#include "activator/protocol/event.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace switchback {

struct FinishedActivation {
  ActivationId id;
  std::string holder;   // who asked: user name and note
  double begun = 0;     // seconds since the epoch
  double finished = 0;  // likewise
  OutcomeEvent outcome;
  std::vector<Event> events;            // those that this version knows
  std::vector<GenerationInfo> changes;  // what was to run, where the host tells that; without numbers
  std::vector<GenerationInfo> before;   // what its profiles named then
  nlohmann::json raw;                   // as it came
};

/// Errors: corrupt.
[[nodiscard]] Result<FinishedActivation> parse_finished_activation(const nlohmann::json& document);

/// One phase of it, and how long it took.
struct PhaseTook {
  Phase phase = Phase::preparing;
  double seconds = 0;
};
[[nodiscard]] std::vector<PhaseTook> phases_of(const FinishedActivation& finished);

}  // namespace switchback
