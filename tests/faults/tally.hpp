// SPDX-License-Identifier: MIT
// What a campaign's strikes have come to, by kind of fault, as a table or as JSON.
#pragma once

#include "tests/faults/hosts.hpp"

#include <iosfwd>
#include <map>
#include <string>

namespace switchback::test {

class Tally {
 public:
  /// Tells of one strike as it is done.
  void add(std::ostream& out, bool as_json, int index, const Strike& strike, const Report& report);
  void show(std::ostream& out, bool as_json) const;
  /// Something was injected, and nothing is broken.
  [[nodiscard]] bool good() const;

 private:
  struct Row {
    int injected = 0;
    std::map<Ending, int> endings;
  };
  [[nodiscard]] Row all() const;
  std::map<Fault, Row> rows_;
  std::map<std::string, int> phases_;  // that were struck
};

}  // namespace switchback::test
