// SPDX-License-Identifier: MIT
#include "activator/core/plan.hpp"

#include "activator/core/compare.hpp"
#include "activator/core/switch_method.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace switchback {
namespace {

using Units = std::set<UnitName>;

/// All units that the two sets have a say in: named ones, and running instances of their templates.
Units concerned(const UnitSet& before, const UnitSet& after, const Units& loaded) {
  Units units = before.runnable();
  units.merge(after.runnable());
  for (const auto& mask : after.masks) {
    if (!mask.is_template()) units.insert(mask);
  }
  for (const auto& unit : loaded) {
    if (unit.is_instance() && (before.defines(unit) || after.defines(unit))) units.insert(unit);
  }
  return units;
}

class Planner {
 public:
  Planner(const UnitSet& before, const UnitSet& after, const Snapshot& live)
      : before_(before), after_(after), live_(live) {}

  UnitPlan make() {
    Units loaded;
    for (const auto& [unit, state] : live_) loaded.insert(unit);
    for (const auto& unit : concerned(before_, after_, loaded)) consider(unit);
    start_what_is_wanted();
    find_dependents();
    return result();
  }

 private:
  const UnitSnapshot& live(const UnitName& unit) const {
    static const UnitSnapshot kNotLoaded;
    const auto found = live_.find(unit);
    return found == live_.end() ? kNotLoaded : found->second;
  }
  bool runs(const UnitName& unit) const { return live(unit).is_up_or_coming(); }
  bool is_defined(const UnitName& unit) const { return after_.defines(unit) && !after_.masks.contains(unit); }

  void explain(const UnitName& unit, UnitAction action, std::string reason) {
    explained_.insert_or_assign(unit, PlannedUnit{unit, action, std::move(reason)});
  }

  Difference difference(const UnitName& unit) const {
    const auto old_definition = before_.definition(unit);
    const auto new_definition = after_.definition(unit);
    if (!old_definition || !new_definition) return Difference::restart;
    return compare(*old_definition, *new_definition);
  }

  void consider(const UnitName& unit) {
    const bool was = before_.defines(unit);
    const bool is = is_defined(unit);
    if (is_protected(unit)) {
      if (was == is && difference(unit) == Difference::none) return;
      return explain(unit, UnitAction::skip,
                     "a deployment never stops it: what changed counts at the next boot");
    }
    if (is && live(unit).load == "masked") return explain(unit, UnitAction::skip, "masked on this host");
    if (!is && (was || after_.masks.contains(unit))) return consider_gone(unit);
    if (is && !was) return consider_new(unit);
    if (is && was) consider_both(unit);
  }

  void consider_gone(const UnitName& unit) {
    const bool masked = after_.masks.contains(unit);
    if (!masked && before_.fragment_of(unit) == nullptr) {  // a drop-in for a unit of the host's
      if (runs(unit)) restart_changed(unit, "its drop-in was removed");
      return;
    }
    if (before_.fragment_of(unit) != nullptr) removed_.insert(unit);
    const std::string why = masked ? "masked by the closure" : "removed";
    if (!runs(unit)) {
      if (!masked) explain(unit, UnitAction::keep, why + ", did not run");
      return;
    }
    const auto old_definition = before_.definition(unit);
    if (old_definition && !old_definition->boolean("Unit", "X-StopOnRemoval").value_or(true)) {
      return explain(unit, UnitAction::keep, why + ", X-StopOnRemoval=false");
    }
    if (live(unit).refuse_manual_stop) {
      return explain(unit, UnitAction::skip, why + ", but it may not be stopped (RefuseManualStop=)");
    }
    stop_.insert(unit);
    explain(unit, UnitAction::stop, why);
  }

  void consider_new(const UnitName& unit) {
    if (after_.fragment_of(unit) == nullptr) {
      if (runs(unit)) restart_changed(unit, "has a new drop-in");
      return;
    }
    if (runs(unit)) return change(unit, Difference::restart, "takes the place of " + live(unit).fragment);
    candidates_.emplace(unit, "new");
  }

  void consider_both(const UnitName& unit) {
    const auto changed = difference(unit);
    if (runs(unit)) {
      if (changed == Difference::none) return;
      if (after_.fragment_of(unit) == nullptr) return restart_changed(unit, "its drop-in changed");
      return change(unit, changed, "");
    }
    const bool failed = live(unit).active == "failed";
    if (failed && changed != Difference::none) {
      candidates_.emplace(unit, "changed, had failed");
    } else if (is_newly_wanted(unit)) {
      candidates_.emplace(unit, changed == Difference::none ? "same as before" : "changed");
    } else if (changed != Difference::none) {
      explain(unit, UnitAction::keep, "changed, does not run");
    }
  }

  bool is_newly_wanted(const UnitName& unit) const {
    const auto owners_before = before_.wanted_by(unit);
    const auto owners = after_.wanted_by(unit);
    return std::any_of(owners.begin(), owners.end(),
                       [&](const UnitName& owner) { return !owners_before.contains(owner); });
  }

  /// For a unit of which we define drop-ins alone.
  void restart_changed(const UnitName& unit, const std::string& reason) {
    if (live(unit).refuse_manual_stop)
      return explain(unit, UnitAction::skip, reason + ", RefuseManualStop=true");
    const auto definition = after_.definition(unit);
    const auto chosen = definition
                            ? choose_method(unit, *definition, Difference::restart, live(unit).can_reload)
                            : ChosenMethod{};
    if (chosen.method == SwitchMethod::keep_old)
      return explain(unit, UnitAction::skip, reason + "; " + chosen.reason);
    const bool reload = chosen.method == SwitchMethod::reload;
    (reload ? reload_ : restart_).insert(unit);
    explain(unit, reload ? UnitAction::reload : UnitAction::restart, reason);
  }

  void change(const UnitName& unit, Difference changed, const std::string& instead_of) {
    const auto definition = after_.definition(unit);
    auto chosen =
        definition ? choose_method(unit, *definition, changed, live(unit).can_reload) : ChosenMethod{};
    if (!instead_of.empty()) chosen.reason = instead_of;
    const auto& reason = chosen.reason;
    if (chosen.method != SwitchMethod::keep_old && chosen.method != SwitchMethod::reload) {
      if (live(unit).refuse_manual_stop) {
        return explain(unit, UnitAction::skip, "changed, but it may not be stopped (RefuseManualStop=)");
      }
      if (const auto timer = timer_that_runs(unit)) {
        return explain(unit, UnitAction::skip,
                       "changed, is being run by " + *timer + ": its next run is the new one");
      }
    }
    switch (chosen.method) {
      case SwitchMethod::keep_old:
        return explain(unit, UnitAction::skip, reason);
      case SwitchMethod::reload:
        reload_.insert(unit);
        return explain(unit, UnitAction::reload, reason);
      case SwitchMethod::restart:
        restart_.insert(unit);
        return explain(unit, UnitAction::restart, reason);
      case SwitchMethod::stop_start:
        return stop_and_start(unit, reason);
    }
  }

  std::optional<std::string> timer_that_runs(const UnitName& unit) const {
    const auto& state = live(unit);
    if (state.service_type != "oneshot" || state.remain_after_exit) return std::nullopt;
    for (const auto& trigger : state.triggered_by) {
      if (trigger.ends_with(".timer")) return trigger;
    }
    return std::nullopt;
  }

  void stop_and_start(const UnitName& unit, const std::string& reason) {
    if (unit.type() == UnitType::service) {
      // While it is stopped, traffic on its socket would start it again by the old definition.
      for (const auto& trigger : live(unit).triggered_by) {
        const auto name = UnitName::parse(trigger);
        if (!name || name->type() == UnitType::timer || !runs(*name)) continue;
        if (!before_.defines(*name) || !is_defined(*name)) {
          restart_.insert(unit);
          return explain(unit, UnitAction::restart, reason + "; " + trigger + " goes on listening");
        }
        move(*name, "starts " + unit.text());
      }
    }
    if (unit.type() == UnitType::socket) {
      // A socket cannot be started while a service holds it.
      for (const auto& [service, state] : live_) {
        const auto& triggers = state.triggered_by;
        const bool holds = std::find(triggers.begin(), triggers.end(), unit.text()) != triggers.end();
        if (holds && state.is_up_or_coming() && is_defined(service))
          move(service, "is started by " + unit.text());
      }
    }
    move(unit, reason);
  }

  void move(const UnitName& unit, const std::string& reason) {
    restart_.erase(unit);
    reload_.erase(unit);
    stop_.insert(unit);
    start_.insert(unit);
    const auto known = explained_.find(unit);
    if (known != explained_.end() && known->second.action == UnitAction::stop_start) return;
    explain(unit, UnitAction::stop_start, reason);
  }

  /// Own units are started by name, and only if something active wants them, or something that is started
  /// here.
  void start_what_is_wanted() {
    for (bool again = true; again;) {
      again = false;
      for (auto candidate = candidates_.begin(); candidate != candidates_.end();) {
        const auto owner = active_owner_of(candidate->first);
        if (!owner) {
          ++candidate;
          continue;
        }
        start(candidate->first, candidate->second + ", wanted by " + owner->text());
        candidate = candidates_.erase(candidate);
        again = true;
      }
    }
    for (const auto& [unit, why] : candidates_)
      explain(unit, UnitAction::keep, why + ", nothing active wants it");
  }

  std::optional<UnitName> active_owner_of(const UnitName& unit) const {
    for (const auto& owner : after_.wanted_by(unit)) {
      if (start_.contains(owner) || (runs(owner) && !is_stopped_for_good(owner))) return owner;
    }
    return std::nullopt;
  }
  bool is_stopped_for_good(const UnitName& unit) const {
    return stop_.contains(unit) && !start_.contains(unit);
  }

  void start(const UnitName& unit, const std::string& reason) {
    const auto definition = after_.definition(unit);
    for (const char* key : {"RefuseManualStart", "X-OnlyManualStart"}) {
      if (definition && definition->boolean("Unit", key).value_or(false)) {
        return explain(unit, UnitAction::skip, reason + ", but " + key + "=true");
      }
    }
    start_.insert(unit);
    explain(unit, UnitAction::start, reason);
  }

  void find_dependents() {
    std::vector<UnitName> next(stop_.begin(), stop_.end());
    next.insert(next.end(), restart_.begin(), restart_.end());
    Units seen(next.begin(), next.end());
    while (!next.empty()) {
      const auto unit = next.back();
      next.pop_back();
      for (const auto& name : live(unit).dependents) {
        const auto dependent = UnitName::parse(name);
        if (!dependent || !runs(*dependent) || !seen.insert(*dependent).second) continue;
        const auto type = dependent->type();
        if (type == UnitType::scope || type == UnitType::device || type == UnitType::slice) continue;
        next.push_back(*dependent);
        if (stop_.contains(*dependent) || start_.contains(*dependent) || is_protected(*dependent)) continue;
        reload_.erase(*dependent);
        if (restart_.contains(*dependent)) continue;
        dependents_.insert(*dependent);
        explain(*dependent, UnitAction::restart, "depends on " + unit.text());
      }
    }
  }

  UnitPlan result() const {
    UnitPlan plan;
    const auto list = [](const Units& units) { return std::vector<UnitName>(units.begin(), units.end()); };
    plan.stop = list(stop_);
    plan.reload = list(reload_);
    plan.restart = list(restart_);
    plan.start = list(start_);
    plan.removed = list(removed_);
    plan.dependents = list(dependents_);
    for (const auto& [unit, planned] : explained_) plan.explained.push_back(planned);
    return plan;
  }

  const UnitSet& before_;
  const UnitSet& after_;
  const Snapshot& live_;
  Units stop_, reload_, restart_, start_, removed_, dependents_;
  std::map<UnitName, std::string>
      candidates_;  // to be started if they are wanted, and why they are looked at
  std::map<UnitName, PlannedUnit> explained_;
};

}  // namespace

bool is_protected(const UnitName& unit) {
  constexpr std::array kGlobs{"dbus.service",
                              "dbus.socket",
                              "dbus-broker.service",
                              "systemd-logind.service",
                              "systemd-journald.service",
                              "systemd-journald*.socket",
                              "systemd-journald@*",
                              "user@*.service",
                              "user-runtime-dir@*.service",
                              "init.scope",
                              "switchback-activator.service",
                              "switchback-activator.socket",
                              "switchback-recover.service",
                              "switchback-run-*.service"};
  return std::any_of(kGlobs.begin(), kGlobs.end(),
                     [&](const char* glob) { return matches_glob(glob, unit.text()); });
}

std::set<UnitName> units_to_read(const UnitSet& before, const UnitSet& after,
                                 const std::set<UnitName>& loaded) {
  auto units = concerned(before, after, loaded);
  for (const auto* set : {&before, &after}) {
    for (const auto& [unit, text] : set->fragments) units.insert(unit);
    for (const auto* pulls : {&set->links, &set->declared}) {
      for (const auto& link : *pulls) {
        units.insert(link.owner);
        units.insert(link.unit);
      }
    }
  }
  std::erase_if(units, [](const UnitName& unit) { return unit.is_template(); });
  return units;
}

UnitPlan make_plan(const UnitSet& before, const UnitSet& after, const Snapshot& live) {
  return Planner(before, after, live).make();
}

}  // namespace switchback
