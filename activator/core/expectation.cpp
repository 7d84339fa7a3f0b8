// SPDX-License-Identifier: MIT
#include "activator/core/expectation.hpp"

namespace switchback {
namespace {

void insert(std::set<UnitName>& set, const std::vector<UnitName>& units) {
  set.insert(units.begin(), units.end());
}

}  // namespace

Expectation expectation_of(const std::vector<PreparedChange>& changes, const Snapshot& baseline,
                           const GatePolicy& policy, bool reverting) {
  Expectation expected{touched_units(changes), {}, {}, baseline, policy, reverting};
  for (const auto& change : changes) {
    if (reverting) {
      insert(expected.must_run, change.active_before);
      continue;
    }
    for (const auto* units : {&change.units.start, &change.units.restart, &change.units.dependents}) {
      insert(expected.must_run, *units);
      insert(expected.started, *units);
    }
    insert(expected.must_run, change.units.reload);
  }
  if (reverting) {
    std::erase_if(expected.must_run, [&](const UnitName& unit) { return !expected.touched.contains(unit); });
    expected.started = expected.must_run;
    for (const auto& change : changes) {
      for (const auto& unit : change.units.reload) expected.started.erase(unit);
    }
  }
  return expected;
}

}  // namespace switchback
