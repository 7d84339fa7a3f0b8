// SPDX-License-Identifier: MIT
// Gathers what the failing units themselves said, while the revert is already under way. Decides how much is
// kept.
#pragma once

#include "activator/engine/alive.hpp"
#include "activator/engine/ports.hpp"
#include "activator/protocol/event.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace switchback {

inline constexpr std::size_t kEvidenceLines = 20;
inline constexpr std::size_t kEvidenceUnits = 50;  // what more of them say does not explain more
inline constexpr std::chrono::seconds kEvidenceDeadline{2};

class Evidence {
 public:
  using Tell = std::function<void(const LogEvent&)>;
  Evidence(Journal& journal, Timers& timers, Tell tell)
      : journal_(journal), timers_(timers), tell_(std::move(tell)) {}

  void clear();
  /// Asks the journal for the last lines of the run that each cause blames. Those of the first cause are told
  /// as they are found; the others stand in the outcome alone. Once a unit.
  void gather(const std::vector<Cause>& causes);
  /// Calls `done` when everything asked for is there, or kEvidenceDeadline is over.
  void await(std::function<void()> done);
  /// Puts the lines that were found into the causes that blame their unit.
  void attach(std::vector<Cause>& causes) const;

 private:
  void ask(const UnitName& unit, const std::string& invocation, bool tell);
  void arrived();

  Journal& journal_;
  Timers& timers_;
  Tell tell_;
  Alive alive_;
  std::map<std::string, std::vector<LogLine>> lines_;
  std::size_t outstanding_ = 0;
  std::function<void()> done_;
  std::unique_ptr<Timer> limit_;
};

}  // namespace switchback
