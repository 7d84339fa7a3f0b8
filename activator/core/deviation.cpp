// SPDX-License-Identifier: MIT
#include "activator/core/deviation.hpp"

#include "activator/core/touched.hpp"
#include "activator/core/verdict.hpp"

#include <algorithm>
#include <map>

namespace switchback {
namespace {

const UnitSnapshot& find(const Snapshot& snapshot, const UnitName& unit) {
  static const UnitSnapshot kNotLoaded;
  const auto found = snapshot.find(unit);
  return found == snapshot.end() ? kNotLoaded : found->second;
}

/// Whether it began to run once more. Of a unit in brief the invocation before is not known.
bool ran_anew(const UnitSnapshot& before, const UnitSnapshot& now, std::int64_t since_ms) {
  if (!before.invocation.empty()) return !now.invocation.empty() && now.invocation != before.invocation;
  return now.begun_ms >= since_ms && now.begun_ms != 0;
}

UnitAction what_happened(const UnitSnapshot& before, const UnitSnapshot& now, std::int64_t since_ms) {
  const bool ran = before.is_up_or_coming();
  const bool runs = now.is_up_or_coming();
  if (ran_anew(before, now, since_ms)) return ran ? UnitAction::restart : UnitAction::start;
  if (ran && !runs && now.active != "failed") return UnitAction::stop;
  return !ran && runs ? UnitAction::start : UnitAction::keep;
}

/// As it is seen from outside.
UnitAction looks_like(UnitAction planned, bool ran) {
  switch (planned) {
    case UnitAction::restart:
    case UnitAction::stop_start:
      return ran ? UnitAction::restart : UnitAction::start;
    case UnitAction::stop:
      return ran ? UnitAction::stop : UnitAction::keep;
    case UnitAction::start:
      return ran ? UnitAction::restart : UnitAction::start;
    case UnitAction::reload:
    case UnitAction::keep:
    case UnitAction::skip:
      return UnitAction::keep;
  }
  return UnitAction::keep;
}

std::string reason_of(UnitAction happened, const UnitSnapshot& now) {
  if (now.load == "masked") return "it is masked";
  if (!now.condition && !now.is_up_or_coming()) return "a condition of it is not met";
  if (happened == UnitAction::keep && now.active == "failed") return "it has failed";
  return "";
}

}  // namespace

bool has_plan(const std::vector<PreparedChange>& changes) {
  return std::all_of(changes.begin(), changes.end(),
                     [](const PreparedChange& change) { return change.kind == Kind::units; }) &&
         std::any_of(changes.begin(), changes.end(),
                     [](const PreparedChange& change) { return change.changes_host(); });
}

std::set<UnitName> units_to_compare(const std::vector<PreparedChange>& changes,
                                    const std::set<UnitName>& jobs) {
  auto units = jobs;
  for (const auto& change : changes) {
    for (const auto& planned : change.units.explained) units.insert(planned.unit);
  }
  return units;
}

std::vector<DeviationEvent> deviations(const std::vector<PreparedChange>& changes, const SwitchSeen& seen) {
  std::map<UnitName, UnitAction> planned;
  for (const auto& change : changes) {
    for (const auto& unit : change.units.explained) planned.insert_or_assign(unit.unit, unit.action);
  }
  std::vector<DeviationEvent> out;
  for (const auto& [unit, now] : seen.now) {
    if (out.size() == kMostDeviations) break;
    const auto known = planned.find(unit);
    const auto action = known == planned.end() ? UnitAction::keep : known->second;
    const auto& before = find(seen.before, unit);
    const auto happened = what_happened(before, now, seen.begun_ms);
    const auto wanted = looks_like(action, before.is_up_or_coming());
    if (happened == wanted) continue;
    if (wanted == UnitAction::keep) {
      // By itself, and not by a job: it came to its end, or goes through automatic restarts.
      if (!seen.jobs.contains(unit) || is_bad(before) || comes_and_goes(unit, now)) continue;
    }
    // A start of what runs already by somebody else's doing is no news.
    if (action == UnitAction::start && before.is_up_or_coming() && happened == UnitAction::keep) continue;
    out.push_back({unit.text(), action, happened, reason_of(happened, now)});
  }
  return out;
}

}  // namespace switchback
