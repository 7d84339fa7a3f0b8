// SPDX-License-Identifier: MIT
// A booted host on which a closure was committed, deployments to it that a fault strikes, and what must be
// true once it is at rest. Knows how each fault is done; which, and when, the campaign chooses.
#pragma once

#include "tests/support/testhost/test_host.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace switchback::test {

enum class Fault { kill, reexec, cut, crash };
inline constexpr Fault kFaults[] = {Fault::kill, Fault::reexec, Fault::cut, Fault::crash};
/// «kill -9 of the activator»
const char* text(Fault fault);

/// What is deployed when it strikes.
enum class Deployed { good, slow, bad };

struct Strike {
  Fault fault = Fault::kill;
  Deployed deployed = Deployed::good;
  Duration delay{0};    // after the pusher was started, or after `phase` began
  std::string phase{};  // of the activation, that is hit for certain; empty: whichever it is then
};

enum class Ending { committed, reverted, needs_person, broken };
const char* text(Ending ending);

struct Report {
  std::string phase;  // of the activation when it was struck; empty: none ran
  Ending ending = Ending::broken;
  std::vector<std::string> broken;  // each broken promise, as a sentence
};

class StruckHost {
 public:
  StruckHost();
  /// The next strike finds what this one left.
  Report run(const Strike& strike);

 private:
  std::string next_closure(Deployed deployed);
  void await(const Strike& strike);
  void inject(Fault fault, PusherProcess& pusher);
  void look(const std::string& tried, const std::string& id, int told, Report& report);
  [[nodiscard]] std::string history_outcome(const std::string& id);

  TestHost host_;
  std::string committed_;
  int built_ = 0;
};

}  // namespace switchback::test
