// SPDX-License-Identifier: MIT
#include "activator/adapters/verify_output.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace switchback {
namespace {

// Whole lines, `Unit NAME` before them. «is masked» is not among them: an empty file is a mask, and loads.
bool says_not_loaded(std::string_view rest) {
  return rest == "has a bad unit file setting." || rest == "not found." ||
         rest.starts_with("failed to load properly");
}

class Reading {
 public:
  Reading(const std::string& directory, const std::vector<UnitName>& units)
      : directory_(directory + "/"), units_(units.begin(), units.end()) {}

  void read(std::string_view line) {
    if (line.starts_with("Unit ")) return read_verdict(line);
    const bool of_file = line.starts_with(directory_);
    if (of_file) line.remove_prefix(directory_.size());
    const auto name = line.substr(0, line.find_first_of(of_file ? ":/" : ":"));
    const auto unit = unit_of(name.ends_with(".d") ? name.substr(0, name.size() - 2) : name);
    if (!unit) return;
    // `FILE:LINE: text` says where; `UNIT: text` says nothing that the unit's name does not.
    if (!of_file) line.remove_prefix(std::min(line.size(), name.size() + 2));
    add(words_[*unit], line);
  }

  [[nodiscard]] std::vector<LoadFailure> failures(const std::vector<UnitName>& order) const {
    std::vector<LoadFailure> failures;
    for (const auto& unit : order) {
      const auto verdict = verdicts_.find(unit);
      if (verdict == verdicts_.end()) continue;
      const auto words = words_.find(unit);
      failures.push_back({unit, words == words_.end() ? verdict->second : words->second});
    }
    return failures;
  }

 private:
  void read_verdict(std::string_view line) {
    const auto name = line.substr(5, line.find(' ', 5) - 5);
    const auto unit = unit_of(name);
    const auto begin = 5 + name.size() + 1;
    if (unit && begin < line.size() && says_not_loaded(line.substr(begin))) verdicts_.emplace(*unit, line);
  }

  // The one of ours that `name` stands for: itself, or the template it is an instance of.
  [[nodiscard]] std::optional<UnitName> unit_of(std::string_view name) const {
    const auto parsed = UnitName::parse(name);
    if (!parsed) return std::nullopt;
    if (units_.contains(*parsed)) return *parsed;
    if (parsed->is_instance() && units_.contains(parsed->template_name())) return parsed->template_name();
    return std::nullopt;
  }

  static void add(std::string& words, std::string_view line) {
    if (!words.empty()) words += words.ends_with('.') ? " " : "; ";
    words += line;
  }

  std::string directory_;
  std::set<UnitName> units_;
  std::map<UnitName, std::string> words_;
  std::map<UnitName, std::string> verdicts_;
};

}  // namespace

std::vector<LoadFailure> load_failures(std::string_view output, const std::string& directory,
                                       const std::vector<UnitName>& units) {
  Reading reading(directory, units);
  while (!output.empty()) {
    const auto end = std::min(output.find('\n'), output.size());
    reading.read(output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return reading.failures(units);
}

}  // namespace switchback
