// SPDX-License-Identifier: MIT
// Looks at the units for as long as the gate is open, and has every look judged (core/verdict.hpp), with what
// the checks have answered. Decides when to look: at every signal, and every two seconds whatever the signals
// say. What follows from a verdict is not its affair.
#pragma once

#include "activator/core/verdict.hpp"
#include "activator/engine/alive.hpp"
#include "activator/engine/check_watch.hpp"
#include "activator/engine/ports.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace switchback {

inline constexpr std::chrono::seconds kGatePoll{2};

class GateWatch {
 public:
  struct Tell {
    std::function<void(const GateReading&)> reading;
    std::function<void(const UnitEvent&)> unit;
    std::function<void(const CheckEvent&)> check;
  };
  GateWatch(Ports ports, Tell tell);

  /// Judges from now on; every look is told, the first one soon. The rest is of CheckWatch::open().
  void open(Expectation expected, AskedChecks checks, std::string activation, bool checks_passed);
  void close();
  /// Looks at everything once more, then calls `then` after that look was told; if it fails, at the next that
  /// succeeds.
  void look_once_more(std::function<void()> then);
  [[nodiscard]] const GateReading& last() const { return last_; }
  /// What it waits for, as causes of a deadline that passes.
  [[nodiscard]] std::vector<Cause> pending() const;

 private:
  void look();
  void take(const Snapshot& read);
  void look_at_the_rest();
  void looked_at_all();
  /// Judges what was looked at; `then` follows once it is told.
  void conclude(std::function<void()> then);
  void tell(GateReading reading);
  void arm_poll();
  void signalled(const UnitName* unit);
  void checks_changed();
  void tell_changes();

  Ports ports_;
  Tell tell_;
  Alive alive_;
  bool open_ = false;
  bool looking_ = false;
  bool everything_ = false;  // the next look is at everything, not only at what signalled
  std::set<UnitName> signalled_;
  Expectation expected_;
  std::set<UnitName> watched_;   // read in full at each look
  std::set<UnitName> doubtful_;  // others that were seen failed or restarting: likewise, from then on
  Snapshot now_;
  std::map<UnitName, UnitTrack> tracks_;
  std::map<UnitName, UnitEvent> told_;
  GateReading last_;
  CheckWatch checks_;
  std::function<void()> then_;
  std::unique_ptr<Timer> poll_, soon_;
};

}  // namespace switchback
