// SPDX-License-Identifier: MIT
#include "activator/core/first_cause.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace switchback {
namespace {

/// A cause with what is known of its unit, if it blames one.
struct Blamed {
  Cause cause;
  std::optional<UnitName> unit;
  UnitSnapshot state;
  [[nodiscard]] bool broke() const {
    return !cause.result.empty() && cause.result != "success" && cause.result != "dependency";
  }
};

std::vector<Blamed> with_states(std::vector<Cause> causes, const Snapshot& now) {
  std::vector<Blamed> all;
  for (auto& cause : causes) {
    Blamed blamed{std::move(cause), std::nullopt, {}};
    if (auto unit = UnitName::parse_any(blamed.cause.unit)) {
      const auto found = now.find(*unit);
      if (found != now.end()) {
        blamed.state = found->second;
        blamed.unit = std::move(*unit);
      }
    }
    all.push_back(std::move(blamed));
  }
  return all;
}

bool explains(const Blamed& first, const Blamed& then) {
  return first.unit && then.unit && first.broke() &&
         comes_before(*first.unit, first.state, *then.unit, then.state);
}

}  // namespace

bool comes_before(const UnitName& first, const UnitSnapshot& first_state, const UnitName& then,
                  const UnitSnapshot& then_state) {
  const auto has = [](const std::vector<std::string>& names, const UnitName& unit) {
    return std::find(names.begin(), names.end(), unit.text()) != names.end();
  };
  // A socket comes before its service, and fails because of it.
  if (has(first_state.triggers, then)) return false;
  return has(first_state.dependents, then) || has(then_state.after, first) || has(then_state.triggers, first);
}

std::set<UnitName> units_before(const std::vector<Cause>& causes, const Snapshot& now) {
  std::map<std::string_view, std::vector<const UnitName*>> needed;  // by the name of a dependent
  for (const auto& [unit, state] : now) {
    for (const auto& dependent : state.dependents) needed[dependent].push_back(&unit);
  }
  std::set<UnitName> before;
  std::vector<UnitName> left;
  for (const auto& cause : causes) {
    if (auto unit = UnitName::parse_any(cause.unit)) left.push_back(std::move(*unit));
  }
  while (!left.empty()) {
    const auto then = std::move(left.back());
    left.pop_back();
    const auto state = now.find(then);
    if (state == now.end()) continue;
    const auto add = [&](const UnitName& unit) {
      const auto found = now.find(unit);
      if (found == now.end() || !comes_before(unit, found->second, then, state->second)) return;
      if (before.insert(unit).second) left.push_back(unit);
    };
    for (const auto* names : {&state->second.after, &state->second.triggers}) {
      for (const auto& name : *names) {
        if (const auto unit = UnitName::parse_any(name)) add(*unit);
      }
    }
    const auto needs = needed.find(then.text());
    if (needs == needed.end()) continue;
    for (const auto* unit : needs->second) add(*unit);
  }
  return before;
}

void first_cause_first(std::vector<Cause>& causes, const Snapshot& now) {
  auto left = with_states(std::exchange(causes, {}), now);
  std::stable_sort(left.begin(), left.end(), [](const Blamed& one, const Blamed& other) {
    if (one.broke() != other.broke()) return one.broke();
    return one.state.changed_us < other.state.changed_us;
  });
  while (!left.empty()) {
    auto next = std::find_if(left.begin(), left.end(), [&](const Blamed& blamed) {
      return std::none_of(left.begin(), left.end(),
                          [&](const Blamed& other) { return &other != &blamed && explains(other, blamed); });
    });
    // Where they explain each other in a circle, the earliest.
    if (next == left.end()) next = left.begin();
    causes.push_back(std::move(next->cause));
    left.erase(next);
  }
}

}  // namespace switchback
