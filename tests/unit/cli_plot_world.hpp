// SPDX-License-Identifier: MIT
// Activations to be drawn: told event by event, with a clock that moves only as the test says.
#pragma once

#include "cli/finished_activation.hpp"

#include <string>

namespace switchback::test {

class Tale {
 public:
  Tale();
  /// `after` seconds later.
  Tale& tell(EventBody body, double after = 0);
  Tale& phase(Phase phase, double after = 0) { return tell(PhaseEvent{phase, 60}, after); }
  Tale& plan(const std::string& unit, UnitAction action, const std::string& reason = "changed") {
    return tell(PlanEvent{"app", unit, action, reason});
  }
  Tale& runs(const std::string& unit, double after = 0) {
    return tell(UnitEvent{unit, "active", "running", "success", 0, UnitVerdict::healthy}, after);
  }
  Tale& starts(const std::string& unit, double after = 0) {
    return tell(UnitEvent{unit, "activating", "start", "success", 0, UnitVerdict::pending}, after);
  }
  Tale& fails(const std::string& unit, double after = 0, std::uint64_t restarts = 0) {
    return tell(UnitEvent{unit, "failed", "failed", "exit-code", restarts, UnitVerdict::unhealthy}, after);
  }
  FinishedActivation end(OutcomeEvent outcome, double after = 0);

 private:
  FinishedActivation told_;
  std::int64_t now_ms_;
};

/// Five units: committed after somebody took ten minutes to confirm it.
FinishedActivation five_units();
/// The same, of which one crashes again and again: reverted.
FinishedActivation five_units_reverted();
/// Two hundred, three of which fail: reverted.
FinishedActivation two_hundred_units();

}  // namespace switchback::test
