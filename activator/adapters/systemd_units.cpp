// SPDX-License-Identifier: MIT
#include "activator/adapters/systemd_units.hpp"

#include "activator/adapters/gathering.hpp"
#include "activator/adapters/systemd_names.hpp"
#include "activator/core/plan.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace switchback {
namespace {

constexpr std::chrono::seconds kSecureWithin{25};  // a bus that is stuck takes 5 of them thrice, to be sure
constexpr std::chrono::seconds kBusStartsWithin{8};
constexpr std::size_t kMostEndedJobs = 4096;

using ListedJob =
    sdbus::Struct<std::uint32_t, std::string, std::string, std::string, sdbus::ObjectPath, sdbus::ObjectPath>;

bool is_of_shutdown(const std::string& unit) {
  for (const char* target : {"shutdown.target", "reboot.target", "poweroff.target", "halt.target",
                             "kexec.target", "soft-reboot.target", "final.target"}) {
    if (unit == target) return true;
  }
  return false;
}

}  // namespace

SystemdUnits::SystemdUnits(Bus& bus, EventLoop& loop, std::chrono::milliseconds reload_within)
    : bus_(bus), loop_(loop), reload_within_(reload_within) {
  const auto while_alive = [this](auto method) {
    return [this, alive = std::weak_ptr<int>(alive_), method] {
      if (!alive.expired()) (this->*method)();
    };
  };
  bus_.listen({while_alive(&SystemdUnits::connected), while_alive(&SystemdUnits::lost)});
}

void SystemdUnits::connected() {
  // Each by its name: a reload tells of every unit that it goes and comes.
  for (const std::string member : {"JobRemoved", "Reloading"}) {
    slots_.push_back(
        bus_.match("type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
                   "interface='org.freedesktop.systemd1.Manager',member='" +
                       member + "'",
                   [this](sdbus::Message& message) { heard_manager(message); }));
  }
  slots_.push_back(
      bus_.match("type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                 "member='NameOwnerChanged',arg0='org.freedesktop.systemd1'",
                 [this](sdbus::Message& message) { heard_owner(message); }));
  match_properties();
  // Sent before anything that waits for the connection, and answered in order. The only error,
  // AlreadySubscribed, is none to us.
  bus_.call<>(manager_call("Subscribe", false), [](const auto&) {});
  bus_.call<std::string>(
      {"org.freedesktop.DBus",
       "/org/freedesktop/DBus",
       "org.freedesktop.DBus",
       "GetNameOwner",
       kQueryTimeout,
       false,
       {}},
      [this, alive = std::weak_ptr<int>(alive_)](const BusResult<std::tuple<std::string>>& reply) {
        if (!alive.expired() && reply) owner_ = std::get<0>(*reply);
      },
      std::string(kSystemd));
  for (const auto& batch : std::vector(batches_)) batch->reconnected();
  if (bus_.goes_around()) {
    start_bus();
  } else {
    secured(Reach::over_bus);
  }
  tell(nullptr);
}

void SystemdUnits::lost() {
  slots_.clear();
  properties_slot_.reset();
  owner_.clear();
}

void SystemdUnits::match_properties() {
  if (!changed_ || !bus_.connected() || properties_slot_) return;
  properties_slot_ = bus_.match(
      "type='signal',sender='org.freedesktop.systemd1',"
      "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
      "path_namespace='/org/freedesktop/systemd1/unit'",
      [this](sdbus::Message& message) { heard_properties(message); });
}

// A local user may send us a signal that looks like systemd's; the unique name of its sender cannot be faked.
bool SystemdUnits::is_from_manager(const sdbus::Message& message) const {
  return owner_.empty() || std::string(message.getSender()) == owner_;
}

void SystemdUnits::heard_manager(sdbus::Message& message) {
  if (!is_from_manager(message)) return;
  const std::string member = message.getMemberName();
  if (member == "JobRemoved") {
    std::uint32_t id = 0;
    sdbus::ObjectPath path;
    std::string unit;
    std::string result;
    message >> id >> path >> unit >> result;
    for (const auto& batch : std::vector(batches_)) batch->removed(path, result);
    forget_answered();
    if (const auto name = UnitName::parse(unit)) {
      if (ended_jobs_.size() < kMostEndedJobs) ended_jobs_.insert(*name);
      tell(&*name);
    }
  } else if (member == "Reloading") {
    bool begins = false;
    message >> begins;
    if (begins) return;
    for (const auto& reload : std::vector(reloads_)) reload->may_be_over();
    tell(nullptr);
  }
}

void SystemdUnits::heard_properties(const sdbus::Message& message) {
  if (!changed_ || !is_from_manager(message)) return;
  if (const auto unit = unit_of_path(std::string(message.getPath()))) tell(&*unit);
}

void SystemdUnits::heard_owner(sdbus::Message& message) {
  std::string name;
  std::string before;
  message >> name >> before >> owner_;
  if (owner_.empty()) return;
  spdlog::info("systemd is back on the bus");
  bus_.repeat_queries_to(kSystemd);
  bus_.call<>(manager_call("Subscribe", false), [](const auto&) {});
  for (const auto& reload : std::vector(reloads_)) reload->may_be_over();
  for (const auto& batch : std::vector(batches_)) batch->reconnected();
  tell(nullptr);
}

void SystemdUnits::tell(const UnitName* unit) {
  const auto changed = changed_;  // it may call watch()
  if (changed) changed(unit);
}

void SystemdUnits::list_bad(Callback<Snapshot> done) {
  // Active and sub states, for which is_bad(). Source: systemd, src/basic/unit-def.c; 254 added the last.
  list_in({"failed", "auto-restart", "auto-restart-queued", "dead-before-auto-restart",
           "failed-before-auto-restart"},
          [done = std::move(done)](Result<Snapshot> listed) {
            if (listed) std::erase_if(*listed, [](const auto& unit) { return !is_bad(unit.second); });
            done(std::move(listed));
          });
}

/// Those in any of `states`; without any, all.
void SystemdUnits::list_in(std::vector<std::string> states, Callback<Snapshot> done) {
  bus_.call<std::vector<ListedUnit>>(
      manager_call("ListUnitsByPatterns", true),
      [&loop = loop_, done = std::move(done)](const BusResult<std::tuple<std::vector<ListedUnit>>>& reply) {
        if (!reply)
          return done(tl::make_unexpected(to_error(reply.error(), "systemd did not list its units")));
        Snapshot snapshot;
        for (const auto& listed : std::get<0>(*reply)) {
          auto unit = snapshot_of(listed);
          if (unit && !unit->first.text().starts_with(kCheckUnits)) snapshot.insert(std::move(*unit));
        }
        // Later: the reply is as large as the snapshot, and goes first.
        loop.post([done, snapshot = std::move(snapshot)]() mutable { done(std::move(snapshot)); });
      },
      std::move(states), std::vector<std::string>());
}

void SystemdUnits::read(std::set<UnitName> units, Callback<Snapshot> done) {
  Snapshot known;
  for (const auto& unit : units) known.emplace(unit, UnitSnapshot());
  // A template cannot be loaded: it is a definition, not a unit.
  std::erase_if(units, [](const UnitName& unit) { return unit.is_template(); });
  if (units.empty())
    return loop_.post([done, known = std::move(known)]() mutable { done(std::move(known)); });
  const auto gathering = gather<Snapshot>(units.size(), std::move(done));
  gathering->value = std::move(known);
  for (const auto& unit : units) {
    bus_.call<PropertyMap>(
        get_all_call(object_path_of(unit.text())),
        [gathering, unit](const BusResult<std::tuple<PropertyMap>>& reply) {
          if (reply) gathering->value[unit] = snapshot_of(std::get<0>(*reply));
          if (reply || says_unknown(reply.error())) return gathering->one_less();
          gathering->one_less(to_error(reply.error(), "systemd did not describe " + unit.text()));
        },
        std::string());
  }
}

void SystemdUnits::run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                            Callback<std::vector<JobResult>> done) {
  forget_answered();
  batches_.push_back(
      std::make_shared<JobBatch>(bus_, loop_, verb, std::move(units), deadline, std::move(done)));
  batches_.back()->begin();
}

void SystemdUnits::cancel_jobs() {
  for (const auto& batch : std::vector(batches_)) batch->cancel();
}

void SystemdUnits::cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) {
  bus_.call<std::vector<ListedJob>>(
      manager_call("ListJobs", true),
      [this, alive = std::weak_ptr<int>(alive_), spare = std::move(spare),
       done = std::move(done)](const BusResult<std::tuple<std::vector<ListedJob>>>& reply) {
        if (!reply)
          return done(tl::make_unexpected(to_error(reply.error(), "systemd did not list its jobs")));
        if (alive.expired()) return;
        std::vector<std::uint32_t> doomed;
        for (const auto& job : std::get<0>(*reply)) {
          // A host that goes down shall do so.
          if (is_of_shutdown(job.get<1>())) return done({});
          const auto unit = UnitName::parse(job.get<1>());
          if (unit && !spare.contains(*unit) && !is_protected(*unit)) doomed.push_back(job.get<0>());
        }
        cancel(doomed, done);
      });
}

void SystemdUnits::cancel(const std::vector<std::uint32_t>& jobs, const Callback<void>& done) {
  if (jobs.empty()) return done({});
  auto missing = std::make_shared<std::size_t>(jobs.size());
  for (const auto id : jobs) {
    // One that has ended meanwhile is no error.
    bus_.call<>(
        manager_call("CancelJob", false),
        [missing, done](const auto&) {
          if (--*missing == 0) done({});
        },
        id);
  }
}

void SystemdUnits::forget_answered() {
  std::erase_if(batches_, [](const auto& batch) { return batch->answered(); });
  std::erase_if(reloads_, [](const auto& reload) { return reload->answered(); });
}

void SystemdUnits::reload(Callback<void> done) {
  forget_answered();
  reloads_.push_back(std::make_shared<ManagerReload>(bus_, loop_, reload_within_, std::move(done)));
  reloads_.back()->begin();
}

void SystemdUnits::reset_failed(std::vector<UnitName> units, Callback<void> done) {
  if (units.empty()) return loop_.post([done] { done({}); });
  const auto gathering = gather<int>(units.size(), plain(std::move(done)));
  for (const auto& unit : units) {
    bus_.call<>(
        manager_call("ResetFailedUnit", true),
        [gathering, unit](const BusResult<std::tuple<>>& reply) {
          if (reply || says_unknown(reply.error())) return gathering->one_less();
          gathering->one_less(to_error(reply.error(), "systemd did not reset " + unit.text()));
        },
        unit.text());
  }
}

void SystemdUnits::watch(std::function<void(const UnitName* unit)> changed) {
  changed_ = std::move(changed);
  if (changed_) return match_properties();
  // Not from within a signal's own handler, where the slot is still in use.
  loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired() && !changed_) properties_slot_.reset();
  });
}

void SystemdUnits::secure(std::function<void(Reach)> done) {
  bus_.insist(true);
  securing_ = std::move(done);
  secure_limit_ = loop_.arm(kSecureWithin, [this] { secured(Reach::not_yet); });
  if (bus_.goes_around()) return start_bus();
  bus_.check([this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) secured(Reach::over_bus);
  });
}

void SystemdUnits::start_bus() {
  spdlog::warn("the system bus is away: starting it, and reaching systemd without it");
  run_jobs(JobVerb::start, {*UnitName::parse("dbus.socket"), *UnitName::parse("dbus.service")},
           kBusStartsWithin,
           [this, alive = std::weak_ptr<int>(alive_)](const Result<std::vector<JobResult>>& jobs) {
             if (alive.expired()) return;
             const bool started = jobs && std::all_of(jobs->begin(), jobs->end(),
                                                      [](const JobResult& job) { return job.succeeded(); });
             if (!started) return secured(Reach::without_bus);
             see_whether_it_answers();
           });
}

/// One that is stuck has been running all the time, for systemd.
void SystemdUnits::see_whether_it_answers() {
  started_bus_ = std::make_unique<BusProbe>(loop_, bus_.address(), [this](const Status& answered) {
    const auto probe = std::move(started_bus_);
    secured(answered ? Reach::bus_started : Reach::without_bus);
  });
}

void SystemdUnits::secured(Reach reach) {
  secure_limit_.reset();
  const auto done = std::exchange(securing_, nullptr);
  if (done) done(reach);
}

}  // namespace switchback
