// SPDX-License-Identifier: MIT
// A small working model of systemd's manager: definitions are those it loaded at the last reload, jobs take
// time, services behave as their unit file's [X-Model] section says:
//   CrashAfter=SECONDS   fails that long after each start        Never=ready   stays activating for ever
//   Restart=yes          restarts 0.1 s after a failure          StartFails=yes   its start job fails
//   Restarts=UNIT        whenever it starts, that one does anew  Condition=no     its condition is never met
// What a [Unit] section binds it to (BindsTo= and After=, one name each) stops it by failing; of such a
// change the newest part is signalled first.
#pragma once

#include "activator/ports/unit_manager.hpp"
#include "tests/support/fakes/fake_host.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback::test {

class FakeSystemd : public UnitManager {
 public:
  FakeSystemd(FakeLoop& loop, FakeDisk& disk, FakeRun& run) : loop_(loop), disk_(disk), run_(run) {}

  /// As after a boot: the generator's units are loaded, and those that multi-user.target wants are started.
  void boot();
  /// What the host ran before there was any Switchback: `ssh.service` and so on, active.
  void add_foreign(const std::string& unit, const std::string& fragment);
  void set_active(const std::string& unit, const std::string& active);
  void set_invocation(const std::string& unit, const std::string& invocation);
  [[nodiscard]] std::string active_state(const std::string& unit);
  [[nodiscard]] std::string invocation(const std::string& unit);
  /// The text that systemd loaded for `unit`; empty when none.
  [[nodiscard]] std::string definition(const std::string& unit);
  std::vector<std::string> jobs;          // «start web.service», in the order they were submitted
  std::vector<std::set<UnitName>> reads;  // that were asked for
  int lists = 0;                          // likewise
  /// The system bus is stopped: whoever asks waits until secure() has started it again, or gone around it.
  void stop_bus(Reach secured) { bus_is_away_ = secured; }

  void list(Callback<Snapshot> done) override;
  void read(std::set<UnitName> units, Callback<Snapshot> done) override;
  void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                Callback<std::vector<JobResult>> done) override;
  void cancel_jobs() override;
  void cancel_all_jobs(std::set<UnitName>, Callback<void> done) override {
    ask([this, done = std::move(done)] {
      jobs.emplace_back("cancel all");
      loop_.post([done] { done({}); });
    });
  }
  void reload(Callback<void> done) override;
  void reset_failed(std::vector<UnitName> units, Callback<void> done) override;
  void watch(std::function<void(const UnitName* unit)> changed) override { changed_ = std::move(changed); }
  std::set<UnitName> take_ended_jobs() override { return std::exchange(ended_jobs_, {}); }
  void secure(std::function<void(Reach)> done) override;
  void relax() override {}

 private:
  struct Unit {
    UnitSnapshot state;
    std::string text;       // as loaded
    std::uint64_t run = 0;  // counts starts, so that an old run's crash is void
  };
  struct Batch;
  void ask(std::function<void()> question);
  void submit(JobVerb verb, const std::vector<UnitName>& units, std::chrono::milliseconds deadline,
              const std::shared_ptr<Batch>& batch);
  void load_definitions();
  void start(const UnitName& unit);
  void stop(const UnitName& unit);
  void fail_run(const UnitName& unit, std::uint64_t run);
  void signal(const UnitName& unit);
  bool stop_what_is_bound_to(const UnitName& unit);
  [[nodiscard]] std::string setting(const UnitName& unit, const std::string& section,
                                    const std::string& key) const;
  [[nodiscard]] std::string behaviour(const UnitName& unit, const std::string& key) const {
    return setting(unit, "X-Model", key);
  }

  FakeLoop& loop_;
  FakeDisk& disk_;
  FakeRun& run_;
  std::map<UnitName, Unit> units_;
  std::function<void(const UnitName*)> changed_;
  std::shared_ptr<Batch> batch_;
  std::set<UnitName> ended_jobs_;
  std::uint64_t invocations_ = 0;
  std::optional<Reach> bus_is_away_;
  std::vector<std::function<void()>> waiting_;  // for the bus
};

}  // namespace switchback::test
