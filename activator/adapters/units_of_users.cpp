// SPDX-License-Identifier: MIT
#include "activator/adapters/units_of_users.hpp"

#include "activator/adapters/gathering.hpp"
#include "activator/adapters/manager_relay.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace switchback {
namespace {

using Parts = std::map<std::string, std::vector<UnitName>>;

/// By whose they are, as their managers call them.
template <class Units>
Parts by_user(const Units& units) {
  Parts parts;
  for (const auto& unit : units) parts[unit.user()].push_back(unit.local());
  return parts;
}

UnitName name_of(const std::string& user, const UnitName& local) {
  return user.empty() ? local : UnitName::of_user(user, local);
}

UnitSnapshot with_names_of(const std::string& user, UnitSnapshot state) {
  if (user.empty()) return state;
  for (auto* names : {&state.triggered_by, &state.triggers, &state.dependents, &state.after}) {
    for (auto& name : *names) name = user + "/" + name;
  }
  return state;
}

template <class Units>
bool are_of_system(const Units& units) {
  return std::all_of(units.begin(), units.end(), [](const UnitName& unit) { return unit.user().empty(); });
}

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error();
}

}  // namespace

std::string manager_socket_of(const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return "";
  return "/run/user/" + std::to_string(entry->pw_uid) + "/systemd/private";
}

void UnitsOfUsers::include(const std::set<std::string>& users) {
  std::erase_if(users_, [&](const auto& known) { return !users.contains(known.first); });
  for (const auto& user : users) {
    if (user.empty() || users_.contains(user)) continue;
    const auto socket = socket_of_(user);
    if (socket.empty() || ::access(socket.c_str(), F_OK) != 0) continue;
    const auto added = users_.emplace(user, std::make_unique<Manager>(loop_, way_to_manager(relay_, socket)));
    watch_user(user, *added.first->second);
  }
}

bool UnitsOfUsers::has_manager(const std::string& user) const {
  return user.empty() || (users_.contains(user) && ::access(socket_of_(user).c_str(), F_OK) == 0);
}

UnitManager& UnitsOfUsers::manager_of(const std::string& user) {
  return user.empty() ? system_ : users_.at(user)->units;
}

void UnitsOfUsers::list_by(void (UnitManager::*method)(Callback<Snapshot>), Callback<Snapshot> done) {
  if (users_.empty()) return (system_.*method)(std::move(done));
  std::vector<std::string> users{""};
  for (const auto& [user, manager] : users_) {
    if (has_manager(user)) users.push_back(user);
  }
  const auto gathering = gather<Snapshot>(users.size(), std::move(done));
  for (const auto& user : users) {
    (manager_of(user).*method)([this, gathering, user](Result<Snapshot> listed) {
      if (!listed) return gathering->one_less(has_manager(user) ? error_of(listed) : std::nullopt);
      for (auto& [unit, state] : *listed)
        gathering->value.insert_or_assign(name_of(user, unit), std::move(state));
      gathering->one_less();
    });
  }
}

void UnitsOfUsers::read(std::set<UnitName> units, Callback<Snapshot> done) {
  if (are_of_system(units)) return system_.read(std::move(units), std::move(done));
  const auto parts = by_user(units);
  const auto gathering = gather<Snapshot>(parts.size(), std::move(done));
  // What cannot be read since its manager is gone stays as it is here: not there.
  for (const auto& unit : units) gathering->value.emplace(unit, UnitSnapshot());
  for (const auto& [user, locals] : parts) {
    if (!has_manager(user)) {
      loop_.post([gathering] { gathering->one_less(); });
      continue;
    }
    manager_of(user).read(
        {locals.begin(), locals.end()}, [this, gathering, user = user](Result<Snapshot> read) {
          if (!read) return gathering->one_less(has_manager(user) ? error_of(read) : std::nullopt);
          for (auto& [unit, state] : *read)
            gathering->value.insert_or_assign(name_of(user, unit), with_names_of(user, std::move(state)));
          gathering->one_less();
        });
  }
}

void UnitsOfUsers::run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                            Callback<std::vector<JobResult>> done) {
  if (are_of_system(units)) return system_.run_jobs(verb, std::move(units), deadline, std::move(done));
  const auto parts = by_user(units);
  const auto gathering = gather<std::vector<JobResult>>(parts.size(), std::move(done));
  for (const auto& [user, locals] : parts) {
    if (!has_manager(user)) {
      for (const auto& unit : locals)
        gathering->value.push_back({name_of(user, unit), "", "the manager of its user does not run"});
      loop_.post([gathering] { gathering->one_less(); });
      continue;
    }
    manager_of(user).run_jobs(verb, locals, deadline,
                              [gathering, user = user](Result<std::vector<JobResult>> results) {
                                if (!results) return gathering->one_less(results.error());
                                for (auto& job : *results) {
                                  job.unit = name_of(user, job.unit);
                                  gathering->value.push_back(std::move(job));
                                }
                                gathering->one_less();
                              });
  }
}

void UnitsOfUsers::cancel_jobs() {
  system_.cancel_jobs();
  for (const auto& [user, manager] : users_) manager->units.cancel_jobs();
}

void UnitsOfUsers::cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) {
  if (users_.empty()) return system_.cancel_all_jobs(std::move(spare), std::move(done));
  auto spared = by_user(spare);
  spared.try_emplace("");
  for (const auto& [user, manager] : users_) spared.try_emplace(user);
  std::erase_if(spared, [this](const auto& part) { return !has_manager(part.first); });
  const auto gathering = gather<int>(spared.size(), plain(std::move(done)));
  for (const auto& [user, locals] : spared) {
    manager_of(user).cancel_all_jobs({locals.begin(), locals.end()}, [gathering](const Status& cancelled) {
      gathering->one_less(error_of(cancelled));
    });
  }
}

void UnitsOfUsers::reset_failed(std::vector<UnitName> units, Callback<void> done) {
  // Where the manager is gone, so is what it knew of failures.
  std::erase_if(units, [this](const UnitName& unit) { return !has_manager(unit.user()); });
  if (are_of_system(units)) return system_.reset_failed(std::move(units), std::move(done));
  const auto parts = by_user(units);
  const auto gathering = gather<int>(parts.size(), plain(std::move(done)));
  for (const auto& [user, locals] : parts) {
    manager_of(user).reset_failed(locals,
                                  [gathering](const Status& reset) { gathering->one_less(error_of(reset)); });
  }
}

std::set<UnitName> UnitsOfUsers::take_ended_jobs() {
  auto ended = system_.take_ended_jobs();
  for (const auto& [user, manager] : users_) {
    for (const auto& unit : manager->units.take_ended_jobs()) ended.insert(name_of(user, unit));
  }
  return ended;
}

void UnitsOfUsers::watch(std::function<void(const UnitName* unit)> changed) {
  changed_ = std::move(changed);
  system_.watch(changed_);
  for (const auto& [user, manager] : users_) watch_user(user, *manager);
}

void UnitsOfUsers::watch_user(const std::string& user, Manager& manager) {
  if (!changed_) return manager.units.watch(nullptr);
  manager.units.watch([changed = changed_, user](const UnitName* unit) {
    if (unit == nullptr) return changed(nullptr);
    const auto name = UnitName::of_user(user, *unit);
    changed(&name);
  });
}

}  // namespace switchback
