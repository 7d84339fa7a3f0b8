// SPDX-License-Identifier: MIT
// The unit manager of the system and those of some users as one: a user's units are known as USER/NAME.
// Decides which manager is asked, and what it means that a user's is not there; what is asked is
// systemd_units.hpp's affair.
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/adapters/own_program.hpp"
#include "activator/adapters/systemd_units.hpp"
#include "activator/ports/unit_manager.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace switchback {

/// The private socket of the manager of `user`; empty when there is no such user.
[[nodiscard]] std::string manager_socket_of(const std::string& user);

class UnitsOfUsers : public UnitManager {
 public:
  using SocketOf = std::function<std::string(const std::string& user)>;
  UnitsOfUsers(UnitManager& system, EventLoop& loop, SocketOf socket_of = manager_socket_of,
               std::string relay = own_program())
      : system_(system), loop_(loop), socket_of_(std::move(socket_of)), relay_(std::move(relay)) {}

  void include(const std::set<std::string>& users) override;
  void list(Callback<Snapshot> done) override { list_by(&UnitManager::list, std::move(done)); }
  void list_bad(Callback<Snapshot> done) override { list_by(&UnitManager::list_bad, std::move(done)); }
  void read(std::set<UnitName> units, Callback<Snapshot> done) override;
  void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                Callback<std::vector<JobResult>> done) override;
  void cancel_jobs() override;
  void cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) override;
  void reload(Callback<void> done) override { system_.reload(std::move(done)); }
  void reset_failed(std::vector<UnitName> units, Callback<void> done) override;
  void watch(std::function<void(const UnitName* unit)> changed) override;
  std::set<UnitName> take_ended_jobs() override;
  void secure(std::function<void(Reach)> done) override { system_.secure(std::move(done)); }
  void relax() override { system_.relax(); }

 private:
  struct Manager {
    Manager(EventLoop& loop, const BusWay& way) : bus(loop, way), units(bus, loop) {}
    Bus bus;
    SystemdUnits units;
  };
  /// Whether the manager of `user` runs; that of "" is the system's.
  [[nodiscard]] bool has_manager(const std::string& user) const;
  [[nodiscard]] UnitManager& manager_of(const std::string& user);
  void list_by(void (UnitManager::*method)(Callback<Snapshot>), Callback<Snapshot> done);
  void watch_user(const std::string& user, Manager& manager);

  UnitManager& system_;
  EventLoop& loop_;
  SocketOf socket_of_;
  std::string relay_;
  std::map<std::string, std::unique_ptr<Manager>> users_;
  std::function<void(const UnitName*)> changed_;
};

}  // namespace switchback
