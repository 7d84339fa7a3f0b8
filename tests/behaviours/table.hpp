// SPDX-License-Identifier: MIT
// What was seen of each behaviour on each suite, counted and as a table. Decides what counts as a false
// revert and what as a missed failure.
#pragma once

#include "tests/behaviours/play.hpp"

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace switchback::test {

enum class Judgement {
  right,
  false_revert,    // it was well, and was not committed
  missed_failure,  // it was not, and was
  otherwise,       // another outcome or cause than expected, or something beside them
};
Judgement judge(const Behaviour& behaviour, const Seen& seen);

class Table {
 public:
  explicit Table(std::vector<std::string> suites) : suites_(std::move(suites)) {}
  void add(const Behaviour& behaviour, const std::string& suite, const Seen& seen);
  void show(std::ostream& out) const;
  /// Those that were not right, each with all that was seen of it; nothing where all were.
  void show_surprises(std::ostream& out) const;
  [[nodiscard]] bool good() const;

 private:
  struct Row {
    Behaviour behaviour;
    std::map<std::string, Seen> seen;  // by suite
  };
  [[nodiscard]] int count(Judgement judgement) const;

  std::vector<std::string> suites_;
  std::map<std::string, Row> rows_;
};

}  // namespace switchback::test
