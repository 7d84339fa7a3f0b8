// SPDX-License-Identifier: MIT
// PID 1 as the engine sees it through its port: definitions are those of the last reload, jobs take time and
// outlive whoever submitted them, processes run what was defined when they were started. Units behave as
// [X-Model] in their text says:
//   StartFails=yes  Hangs=yes (while starting)  SlowMs=N (to start)  CrashAfterMs=N  Restart=yes
#pragma once

#include "activator/ports/unit_manager.hpp"
#include "tests/simulation/bus.hpp"
#include "tests/support/fakes/fake_host.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace switchback::simulation {

class ModelSystemd : public UnitManager {
 public:
  ModelSystemd(test::FakeLoop& loop, const test::FakeDisk& disk, const test::FakeRun& run, Random& random)
      : loop_(loop), disk_(disk), run_(run), random_(random), bus_(loop, random) {}

  struct Unit {
    UnitSnapshot state;
    std::string text;         // as loaded
    std::string process;      // what its processes were started from; empty: there are none
    std::int64_t bad_ms = 0;  // since when it has been failed or restarting; 0: it is not
    std::uint64_t run = 0;    // counts starts and stops, so that what an old run would have done is void
  };

  // What a host has besides closures' units.
  void add_vendor(const std::string& unit, const std::string& active, const std::string& process);
  /// One that the boot starts, and waits for.
  void add_wanted(const std::string& unit, const std::string& process);
  /// As after a boot: loads what the generator brings, and starts what is wanted.
  void boot();
  [[nodiscard]] const Unit* find(const UnitName& unit) const;
  [[nodiscard]] const std::map<UnitName, Unit>& units() const { return units_; }
  [[nodiscard]] ModelBus& bus() { return bus_; }
  [[nodiscard]] bool is_executing_anew() { return loop_.boottime_ms() < anew_until_ms_; }

  // What programs do.
  void start_process(const std::string& unit, const std::string& process);
  void stop_process(const std::string& unit);

  // What goes wrong.
  void lose_bus(std::chrono::milliseconds duration);
  void reexecute(bool silently, std::chrono::milliseconds duration);
  void reload_by_somebody();
  void crash(const UnitName& unit);
  void restart_by_somebody(const UnitName& unit);
  void hang_next_job() { hang_next_ = true; }
  void fail_next_start() { fail_next_ = true; }

  void list(Callback<Snapshot> done) override;
  void read(std::set<UnitName> units, Callback<Snapshot> done) override;
  void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                Callback<std::vector<JobResult>> done) override;
  void cancel_jobs() override;
  void cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) override;
  void reload(Callback<void> done) override;
  void reset_failed(std::vector<UnitName> units, Callback<void> done) override;
  void watch(std::function<void(const UnitName* unit)> changed) override { changed_ = std::move(changed); }
  void secure(std::function<void(Reach)> done) override;
  void relax() override {}

 private:
  struct Batch;
  struct Job {
    std::uint64_t id = 0;
    JobVerb verb = JobVerb::start;
    std::shared_ptr<Batch> batch;
  };
  void load_definitions();
  void submit(const UnitName& unit, JobVerb verb, const std::shared_ptr<Batch>& batch);
  void begin_job(const UnitName& unit, std::uint64_t id);
  void end_job(const UnitName& unit, const std::string& result);
  void answer(const std::shared_ptr<Batch>& batch);
  [[nodiscard]] bool is_to_be_stopped(const UnitName& unit) const;
  void start(const UnitName& unit);
  void stop(const UnitName& unit);
  void stopped(const UnitName& unit);
  void up(const UnitName& unit);
  void fail_run(const UnitName& unit, std::uint64_t run, const std::string& result);
  void restart_later(const UnitName& unit, std::uint64_t run);
  void set(Unit& unit, const std::string& active, const std::string& sub);
  void tell(const UnitName& unit);
  void tell_all();

  test::FakeLoop& loop_;
  const test::FakeDisk& disk_;
  const test::FakeRun& run_;
  Random& random_;
  ModelBus bus_;
  std::map<UnitName, Unit> units_;
  std::map<UnitName, Job> jobs_;
  std::set<UnitName> awaited_;  // by the boot: multi-user.target comes after them
  std::function<void(const UnitName*)> changed_;
  std::shared_ptr<Batch> batch_;  // the one that cancel_jobs() is about
  std::uint64_t serial_ = 0;
  std::int64_t anew_until_ms_ = 0;
  std::int64_t silent_until_ms_ = 0;  // what is asked until then is never answered
  bool hang_next_ = false;
  bool fail_next_ = false;
};

}  // namespace switchback::simulation
