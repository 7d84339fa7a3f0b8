// SPDX-License-Identifier: MIT
// Asks the gate's checks, each by itself, again and again, for as long as the gate is open. Decides when a
// check is asked; what its answers come to is core/check_track.hpp's affair.
#pragma once

#include "activator/core/check_track.hpp"
#include "activator/engine/alive.hpp"
#include "activator/ports/host.hpp"
#include "activator/ports/prober.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace switchback {

class CheckWatch {
 public:
  struct Tell {
    std::function<void()> changed;  // what judge() adds is another now
    std::function<void(const CheckEvent&)> event;
  };
  CheckWatch(Prober& prober, Timers& timers, Tell tell)
      : prober_(prober), timers_(timers), tell_(std::move(tell)) {}

  /// Asks `checks` from now on, all of them afresh, for `activation`. `passed`: the required ones have, in
  /// the life of an activator before this one, so that they have no time left to come up.
  void open(AskedChecks checks, std::string activation, bool passed);
  void close();
  void judge(GateReading& reading) const { judge_checks(checks_, tracks_, reading); }

 private:
  struct Running {
    std::unique_ptr<Asking> asking;
    std::unique_ptr<Timer> pause;
  };
  void ask(std::string name);
  void answered(const std::string& name, CheckTry latest);

  Prober& prober_;
  Timers& timers_;
  Tell tell_;
  Alive alive_;
  std::string activation_;
  AskedChecks checks_;
  std::map<std::string, CheckTrack> tracks_;
  std::map<std::string, int> told_;  // how often
  std::map<std::string, Running> running_;
};

}  // namespace switchback
