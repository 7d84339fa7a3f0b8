// SPDX-License-Identifier: MIT
// The unit manager on systemd's D-Bus interface. Decides what is asked for and which signals are heard; what
// a job came to is job_batch.hpp's affair, what a property means unit_properties.hpp's.
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/adapters/job_batch.hpp"
#include "activator/adapters/manager_reload.hpp"
#include "activator/adapters/unit_properties.hpp"
#include "activator/ports/unit_manager.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace switchback {

class SystemdUnits : public UnitManager {
 public:
  SystemdUnits(Bus& bus, EventLoop& loop,
               std::chrono::milliseconds reload_within = std::chrono::seconds(180));

  void list(Callback<Snapshot> done) override { list_in({}, std::move(done)); }
  void list_bad(Callback<Snapshot> done) override;
  void read(std::set<UnitName> units, Callback<Snapshot> done) override;
  void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                Callback<std::vector<JobResult>> done) override;
  void cancel_jobs() override;
  void cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) override;
  void reload(Callback<void> done) override;
  void reset_failed(std::vector<UnitName> units, Callback<void> done) override;
  void watch(std::function<void(const UnitName* unit)> changed) override;
  std::set<UnitName> take_ended_jobs() override { return std::exchange(ended_jobs_, {}); }
  void secure(std::function<void(Reach)> done) override;
  void relax() override { bus_.insist(false); }

 private:
  void connected();
  void lost();
  void match_properties();
  void heard_manager(sdbus::Message& message);
  void heard_properties(const sdbus::Message& message);
  void heard_owner(sdbus::Message& message);
  [[nodiscard]] bool is_from_manager(const sdbus::Message& message) const;
  void list_in(std::vector<std::string> states, Callback<Snapshot> done);
  void cancel(const std::vector<std::uint32_t>& jobs, const Callback<void>& done);
  void tell(const UnitName* unit);
  void start_bus();
  void see_whether_it_answers();
  void secured(Reach reach);
  void forget_answered();

  Bus& bus_;
  EventLoop& loop_;
  std::chrono::milliseconds reload_within_;
  std::string owner_;  // the manager's unique name; empty: not known
  std::vector<std::shared_ptr<JobBatch>> batches_;
  std::vector<std::shared_ptr<ManagerReload>> reloads_;
  std::function<void(const UnitName*)> changed_;
  std::set<UnitName> ended_jobs_;
  std::function<void(Reach)> securing_;  // who waits for secured()
  std::unique_ptr<Timer> secure_limit_;
  std::unique_ptr<BusProbe> started_bus_;
  std::vector<sdbus::Slot> slots_;
  sdbus::Slot properties_slot_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace switchback
