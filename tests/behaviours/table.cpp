// SPDX-License-Identifier: MIT
#include "tests/behaviours/table.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace switchback::test {
namespace {

std::string mark(Judgement judgement) {
  switch (judgement) {
    case Judgement::right:
      return "";
    case Judgement::false_revert:
      return " FALSE";
    case Judgement::missed_failure:
      return " MISSED";
    case Judgement::otherwise:
      return " (!)";
  }
  return "";
}

}  // namespace

Judgement judge(const Behaviour& behaviour, const Seen& seen) {
  if (seen.outcome != behaviour.expected) {
    if (behaviour.expected == "committed" && !seen.outcome.empty()) return Judgement::false_revert;
    if (seen.outcome == "committed") return Judgement::missed_failure;
    return Judgement::otherwise;
  }
  const bool named = seen.cause.find(behaviour.cause) != std::string::npos;
  return named && seen.problem.empty() ? Judgement::right : Judgement::otherwise;
}

void Table::add(const Behaviour& behaviour, const std::string& suite, const Seen& seen) {
  auto& row = rows_[behaviour.name];
  row.behaviour = behaviour;
  row.seen[suite] = seen;
}

int Table::count(Judgement judgement) const {
  int number = 0;
  for (const auto& [name, row] : rows_) {
    for (const auto& [suite, seen] : row.seen) number += judge(row.behaviour, seen) == judgement ? 1 : 0;
  }
  return number;
}

void Table::show(std::ostream& out) const {
  out << std::left << std::setw(38) << "behaviour" << std::setw(22) << "expected";
  for (const auto& suite : suites_) out << std::setw(24) << "seen, " + suite;
  out << "first cause\n";
  for (const auto& [name, row] : rows_) {
    std::string cause;
    out << std::setw(38) << name << std::setw(22) << row.behaviour.expected;
    for (const auto& suite : suites_) {
      const auto seen = row.seen.find(suite);
      if (seen == row.seen.end()) {
        out << std::setw(24) << "-";
        continue;
      }
      const auto& outcome = seen->second.outcome;
      out << std::setw(24) << (outcome.empty() ? "?" : outcome) + mark(judge(row.behaviour, seen->second));
      if (cause.empty()) cause = seen->second.cause;
    }
    out << cause << '\n';
  }
  const auto played = count(Judgement::right) + count(Judgement::false_revert) +
                      count(Judgement::missed_failure) + count(Judgement::otherwise);
  out << played << " deployments of " << rows_.size() << " behaviours: " << count(Judgement::false_revert)
      << " false reverts, " << count(Judgement::missed_failure) << " missed failures, "
      << count(Judgement::otherwise) << " with another end or cause than expected" << std::endl;
}

void Table::show_surprises(std::ostream& out) const {
  for (const auto& [name, row] : rows_) {
    for (const auto& [suite, seen] : row.seen) {
      if (judge(row.behaviour, seen) == Judgement::right) continue;
      out << "NOT AS EXPECTED: " << name << " on " << suite << ": «" << seen.outcome << "» for «"
          << seen.cause << "», and not «" << row.behaviour.expected << "» for «" << row.behaviour.cause
          << "»\n";
      if (!seen.problem.empty()) out << "  " << seen.problem << '\n';
      out << seen.terminal << '\n';
    }
  }
  out << std::flush;
}

bool Table::good() const {
  const auto right = count(Judgement::right);
  return right > 0 && count(Judgement::false_revert) == 0 && count(Judgement::missed_failure) == 0 &&
         count(Judgement::otherwise) == 0;
}

}  // namespace switchback::test
