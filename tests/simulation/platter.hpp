// SPDX-License-Identifier: MIT
// What a power cut does to writes that nobody synced: of each object, some of the last ones are undone.
// Everything is seen by programs at once; what is on disk is what is not in here.
#pragma once

#include "tests/simulation/random.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace switchback::simulation {

class Platter {
 public:
  /// A write that is not on disk yet; `undo` brings back what was there before it.
  void wrote(const std::string& object, std::function<void()> undo) {
    unsynced_[object].push_back(std::move(undo));
  }
  void synced(const std::string& object) { unsynced_.erase(object); }
  void sync() { unsynced_.clear(); }
  [[nodiscard]] bool is_synced(const std::string& object) const { return !unsynced_.contains(object); }
  void cut(Random& random) {
    for (auto& [object, undoes] : unsynced_) {
      for (auto kept = random.below(undoes.size() + 1); undoes.size() > kept; undoes.pop_back())
        undoes.back()();
    }
    unsynced_.clear();
  }

 private:
  std::map<std::string, std::vector<std::function<void()>>> unsynced_;
};

}  // namespace switchback::simulation
