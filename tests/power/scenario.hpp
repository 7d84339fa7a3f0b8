// SPDX-License-Identifier: MIT
// A machine on which a closure was committed, deployments to it that a power cut ends, and what must be true
// once it has booted again. The scenario knows when to cut, not why: the campaign and the tests choose.
#pragma once

#include "tests/support/machine/machine.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace switchback::test {

/// When the power is cut: so long after the pusher was told of a phase («committed»: of that outcome).
struct Cut {
  std::string phase;
  Duration delay{0};
  std::uint64_t seed = 0;  // of what the disk keeps
  Writeback writeback = Writeback::lazy;
};

/// The phases that a cut can be in, in their order, the first flip being in the first.
const std::vector<std::string>& phases_to_cut();

/// What is deployed: units, which a cut reverts by itself, or a script, which the activator takes back at
/// boot.
enum class Deployed { units, script };

enum class Ending { committed, reverted, needs_person, broken };
const char* text(Ending ending);

/// A deployment ended before it could be cut, as on a machine that is too busy to answer in time.
class NotCut : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct CutReport {
  std::string phase;            // the last that the pusher was told of before the cut
  bool told_committed = false;  // it had been told before the cut
  Ending ending = Ending::broken;
  std::vector<std::string> broken;  // each broken promise, as a sentence
  VolatileDisk::Loss loss;
  Duration boot{0};
  Duration took{0};
};

class CutDeployments {
 public:
  /// Boots, commits a first closure.
  explicit CutDeployments(Writeback writeback, Deployed deployed = Deployed::units);
  /// Deploys another closure, cuts, boots again, with the writeback of the cut that comes `next`, and looks.
  /// The next deployment finds what this one left. Throws NotCut.
  CutReport run(const Cut& cut, Writeback next);
  /// Deploys and commits another closure, uncut; returns how long each phase lasted, in their order.
  std::vector<Duration> measure();
  [[nodiscard]] Duration first_boot() const { return first_boot_; }

 private:
  std::string next_closure();
  /// Fills in what became of activation `id`, which tried closure `tried`.
  void look(const std::string& tried, const std::string& id, CutReport& report);

  Deployed deployed_;
  Machine machine_;
  std::string committed_;
  int built_ = 0;
  Duration first_boot_{0};
};

}  // namespace switchback::test
