// SPDX-License-Identifier: MIT
// Strikes every point of a scenario with every fault that can strike it, one at a time, and judges what came
// of each.
#pragma once

#include "tests/killpoints/host.hpp"
#include "tests/support/guarantee/guarantee.hpp"
#include "tests/support/temp_dir.hpp"

#include <map>
#include <string>
#include <vector>

namespace switchback::test {

/// One fault, and what was wrong afterwards; empty: it was survived.
struct Verdict {
  std::string point;
  Fault fault = Fault::kill;
  std::string outcome;
  std::vector<std::string> broken;
  std::string story;  // what a person was told
};

/// How many faults were injected, by point and kind, and what they led to. Printed when the process ends.
class Tally {
 public:
  ~Tally();
  void add(const Verdict& verdict);
  [[nodiscard]] int injected() const { return injected_; }

 private:
  int injected_ = 0;
  int broken_ = 0;
  std::map<std::string, std::map<Fault, int>> by_point_;
  std::map<std::string, int> by_outcome_;
};
[[nodiscard]] Tally& tally();

class Campaign {
 public:
  /// Needs root, and a /nix/store of this thread's own.
  Campaign();

  /// The scenario without a fault.
  Verdict rehearse(const Scenario& scenario);
  /// One verdict a fault, of all that are injected into `scenario`.
  std::vector<Verdict> run(const Scenario& scenario);

 private:
  Verdict strike(const Scenario& scenario);

  TempDir root_;
  TempDir shared_;
  Plan* plan_;
};

}  // namespace switchback::test
