// SPDX-License-Identifier: MIT
#include "tests/faults/tally.hpp"

#include <nlohmann/json.hpp>

#include <iomanip>
#include <ostream>
#include <utility>

namespace switchback::test {
namespace {

using nlohmann::json;

constexpr Ending kEndings[] = {Ending::committed, Ending::reverted, Ending::needs_person, Ending::broken};

const char* text(Deployed deployed) {
  switch (deployed) {
    case Deployed::good:
      return "good";
    case Deployed::slow:
      return "slow";
    case Deployed::bad:
      return "bad";
  }
  return "";
}

std::string phase_of(const Report& report) {
  return report.phase.empty() ? "between activations" : report.phase;
}

int count(const std::map<Ending, int>& endings, Ending ending) {
  const auto found = endings.find(ending);
  return found == endings.end() ? 0 : found->second;
}

}  // namespace

void Tally::add(std::ostream& out, bool as_json, int index, const Strike& strike, const Report& report) {
  auto& row = rows_[strike.fault];
  ++row.injected;
  ++row.endings[report.ending];
  ++phases_[phase_of(report)];
  if (as_json) {
    out << json{{"strike", index},
                {"fault", text(strike.fault)},
                {"deployed", text(strike.deployed)},
                {"delay", strike.delay.count()},
                {"phase", report.phase},
                {"ending", text(report.ending)},
                {"broken", report.broken}}
               .dump(-1, ' ', false, json::error_handler_t::replace)
        << std::endl;
    return;
  }
  out << index << ": " << text(strike.fault) << " after " << strike.delay.count() << " ms of a "
      << text(strike.deployed) << " one, " << phase_of(report) << ": " << text(report.ending) << std::endl;
  for (const auto& line : report.broken) out << "  broken: " << line << std::endl;
}

Tally::Row Tally::all() const {
  Row sum;
  for (const auto& [fault, row] : rows_) {
    sum.injected += row.injected;
    for (const auto& [ending, number] : row.endings) sum.endings[ending] += number;
  }
  return sum;
}

void Tally::show(std::ostream& out, bool as_json) const {
  const auto line = [&](const char* name, const Row& row) {
    if (as_json) {
      json document{{"fault", name}, {"injected", row.injected}};
      for (const auto ending : kEndings) document[text(ending)] = count(row.endings, ending);
      out << json{{"summary", document}} << std::endl;
      return;
    }
    out << std::left << std::setw(26) << name << std::right << std::setw(9) << row.injected << std::setw(11)
        << count(row.endings, Ending::committed) << std::setw(10) << count(row.endings, Ending::reverted)
        << std::setw(16) << count(row.endings, Ending::needs_person) << std::setw(8)
        << count(row.endings, Ending::broken) << std::endl;
  };
  if (!as_json) out << "\nfault on a booted host     injected  committed  reverted  needs a person  broken\n";
  for (const auto& [fault, row] : rows_) line(text(fault), row);
  line("all", all());
  if (as_json) {
    out << json{{"phases", phases_}} << std::endl;
    return;
  }
  const char* separator = "struck in: ";
  for (const auto& [phase, number] : phases_) out << std::exchange(separator, ", ") << phase << " " << number;
  out << std::endl;
}

bool Tally::good() const {
  const auto sum = all();
  return sum.injected > 0 && count(sum.endings, Ending::broken) == 0;
}

}  // namespace switchback::test
