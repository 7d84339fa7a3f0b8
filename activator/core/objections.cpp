// SPDX-License-Identifier: MIT
#include "activator/core/objections.hpp"

#include <set>

namespace switchback {
namespace {

const UnitSnapshot* find(const Snapshot& live, const UnitName& unit) {
  const auto found = live.find(unit);
  return found == live.end() ? nullptr : &found->second;
}

bool exists(const Snapshot& live, const UnitName& unit) {
  const auto* state = find(live, unit);
  return state != nullptr && state->load != "not-found";
}

std::optional<Objection> object_to_unit(const UnitSet& before, const UnitName& unit, const Snapshot& live,
                                        std::string_view generator_dir) {
  const auto& name = unit.text();
  const auto* state = find(live, unit);
  if (state == nullptr) return std::nullopt;
  if (state->load == "masked") {
    return Objection{
        name, name + " is masked on this host, so it will not run; «systemctl unmask " + name + "» lets it",
        /*fatal=*/false};
  }
  const std::string_view fragment = state->fragment;
  if (fragment.starts_with(std::string(generator_dir) + "/")) {
    if (before.fragment_of(unit) != nullptr) return std::nullopt;
    return Objection{name, name + " is made by another generator of this host (" + state->fragment +
                               "): give the closure's unit another name"};
  }
  const bool wins_over_ours = fragment.starts_with("/etc/") || fragment.starts_with("/run/");
  if (!wins_over_ours || fragment.starts_with("/run/systemd/generator.late/")) return std::nullopt;
  return Objection{name, name + " is defined on this host by " + state->fragment +
                             ", which would win over the closure's: remove it, or give the closure's unit "
                             "another name"};
}

void object_to_links(const UnitSet& after, const Snapshot& live, std::vector<Objection>& objections) {
  std::set<std::string> told;
  for (const auto& link : after.links) {
    for (const auto& [named, by] : {std::pair{link.owner, link.unit}, std::pair{link.unit, link.owner}}) {
      if (after.fragment_of(named) != nullptr || after.masks.contains(named) || exists(live, named)) continue;
      if (!told.insert(named.text()).second) continue;
      const bool is_owner = named == link.owner;
      objections.push_back(
          {by.text(), is_owner
                          ? by.text() + " is to be started by " + named.text() +
                                ", which is neither in the closure nor on this host: correct its [Install] "
                                "section"
                          : by.text() + " enables " + named.text() +
                                ", which is neither in the closure nor on this host: add it, or drop the "
                                "link"});
    }
  }
}

}  // namespace

std::vector<Objection> find_objections(const UnitSet& before, const UnitSet& after,
                                       const std::vector<SkippedUnit>& skipped, const Snapshot& live,
                                       const std::map<UnitName, std::string>& other_profiles,
                                       std::string_view generator_dir) {
  std::vector<Objection> objections;
  for (const auto& entry : skipped) {
    objections.push_back({entry.path, entry.path + " cannot be used: " + entry.problem});
  }
  std::set<UnitName> defined = after.runnable();
  for (const auto& [unit, text] : after.fragments) defined.insert(unit);
  for (const auto& unit : defined) {
    if (after.fragment_of(unit) == nullptr) continue;  // only a drop-in for a unit of the host's
    const auto other = other_profiles.find(unit);
    if (other != other_profiles.end()) {
      objections.push_back({unit.text(), unit.text() + " belongs to profile " + other->second +
                                             " of this host: one unit can have one profile"});
      continue;
    }
    if (auto objection = object_to_unit(before, unit, live, generator_dir)) {
      objections.push_back(std::move(*objection));
    }
  }
  object_to_links(after, live, objections);
  return objections;
}

}  // namespace switchback
