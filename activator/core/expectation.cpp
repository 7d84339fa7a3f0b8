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
  Expectation expected{touched_units(changes), {}, {}, baseline, policy, reverting, {}, {}};
  if (reverting) {
    // What was touched must run again as it ran before.
    for (const auto& unit : expected.touched) {
      const auto before = baseline.find(unit);
      if (before != baseline.end() && before->second.is_up_or_coming()) expected.must_run.insert(unit);
    }
    expected.started = expected.must_run;
    for (const auto& change : changes) {
      for (const auto& unit : change.units.reload) expected.started.erase(unit);
    }
    return expected;
  }
  for (const auto& change : changes) {
    for (const auto* units : {&change.units.start, &change.units.restart, &change.units.dependents}) {
      insert(expected.must_run, *units);
      insert(expected.started, *units);
    }
    insert(expected.must_run, change.units.reload);
    insert(expected.reloaded, change.units.reload);
    insert(expected.near, change.present);
  }
  return expected;
}

Expectation expectation_of_boot(const Snapshot& baseline, const GatePolicy& policy) {
  Expectation expected{{}, {}, {}, baseline, policy, /*reverting=*/false, {}, {}};
  expected.booted = true;
  // Each comes after what it wants: when they are there, nothing is under way any more.
  for (const char* target : {"multi-user.target", "graphical.target"}) {
    const auto before = baseline.find(*UnitName::parse(target));
    if (before == baseline.end() || !before->second.is_up_or_coming()) continue;
    expected.touched.insert(before->first);
    expected.must_run.insert(before->first);
  }
  return expected;
}

}  // namespace switchback
