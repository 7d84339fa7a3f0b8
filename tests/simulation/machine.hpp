// SPDX-License-Identifier: MIT
// One simulated host with the real engine on it, while one schedule is played: who lives and dies when, which
// faults strike, what is asked of the activator. What was promised is judged elsewhere, from what facts()
// says.
#pragma once

#include "activator/engine/engine.hpp"
#include "tests/simulation/coverage.hpp"
#include "tests/simulation/model_boot_loader.hpp"
#include "tests/simulation/model_host.hpp"
#include "tests/simulation/model_prober.hpp"
#include "tests/simulation/points.hpp"
#include "tests/simulation/site.hpp"
#include "tests/support/guarantee/guarantee.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback::simulation {

/// The activator's clock: CLOCK_BOOTTIME begins anew with each boot, CLOCK_REALTIME is set by anybody.
class ModelClock : public Clock {
 public:
  explicit ModelClock(test::FakeLoop& loop) : loop_(loop) {}
  std::int64_t boottime_ms() override { return loop_.boottime_ms() - booted_ms_; }
  std::int64_t realtime_ms() override { return loop_.realtime_ms() + set_by_ms; }
  void boot() { booted_ms_ = loop_.boottime_ms() - 1000; }
  std::int64_t set_by_ms = 0;

 private:
  test::FakeLoop& loop_;
  std::int64_t booted_ms_ = 0;
};

/// What a deliberately broken engine is made from: its ports, and the world behind them.
struct Workshop {
  Ports ports;
  test::FakeDisk& disk;
  test::FakeRun& run;
  Platter& platter;
  test::FakeLoop& loop;
  std::function<std::int64_t()> bus_back_ms;  // when it came back, or will, from its last absence
  std::vector<std::shared_ptr<void>>& keep;   // lives as long as the engine
};
using Tampering = std::function<Ports(Workshop workshop)>;

class Machine {
 public:
  /// `told`: receives each line of what happens; absent: nobody listens.
  Machine(const Schedule& schedule, Coverage& coverage, Tampering tampering = {},
          std::function<void(const std::string&)> told = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Plays the schedule to its end, then lets the host lose its power once more.
  void play();
  [[nodiscard]] const guarantee::Facts& facts() const { return facts_; }
  /// What the host was like after it had lost its power at rest.
  [[nodiscard]] const std::vector<guarantee::ProfileFacts>& after_reboot() const { return after_reboot_; }
  /// What was prepared; absent when it did not come to that.
  [[nodiscard]] const std::optional<Script>& script() const { return script_; }
  [[nodiscard]] const std::multiset<Fault>& struck() const { return struck_; }
  /// A number made from everything that the state machine went through, and when.
  [[nodiscard]] std::string digest() const { return std::to_string(digest_); }

 private:
  // machine.cpp: what goes on.
  void make_manager();
  void start_activator();
  void run_until(const std::function<bool()>& done, std::chrono::milliseconds limit);
  [[nodiscard]] bool is_over();
  [[nodiscard]] bool is_in_trial() const;
  void tick();
  void observe(const State& before, const ActivationEvent& event, const State& after);
  void say(const std::function<std::string()>& words) const;
  // boots.cpp: life and death.
  void activator_died(std::chrono::milliseconds until_restart);
  void host_died(bool in_order = false);
  void soft_reboot();
  void bury(const Died& died);
  void go_down();
  void await_operator();
  // strikes.cpp: what goes wrong.
  void at_point(const char* call, Where where);
  void at_boundary();
  void consider(const char* call, Where where, bool boundary);
  void strike(Fault fault, bool boundary);
  void strike_bus(Fault fault);
  void strike_unit(Fault fault);
  void tear_record();
  void move_profile();
  // pusher.cpp: what is asked of the activator.
  void push();
  void plan_confirm(std::size_t before, std::size_t after);
  void confirm_until_answered();
  void ask(const ActivationId& id, std::int64_t connected_ms, bool by_pusher);
  void answered(const Result<ActivationStatus>& status, bool by_pusher);
  void cancel();
  // witness.cpp: what is to be told of it.
  void gather_facts();
  [[nodiscard]] guarantee::ProfileFacts profile_facts(Kind kind);
  [[nodiscard]] std::optional<Outcome> outcome();
  [[nodiscard]] std::int64_t allowed_ms() const;
  [[nodiscard]] std::optional<Outcome> due() const;
  [[nodiscard]] bool may_need_a_person() const;
  void note_blindness();

  Schedule schedule_;
  Coverage& coverage_;
  Tampering tampering_;
  std::function<void(const std::string&)> told_;
  Random random_;

  test::FakeLoop loop_;
  ModelClock clock_{loop_};
  test::FakeDisk disk_;
  test::FakeRun run_;
  Platter platter_;
  Site site_;
  std::unique_ptr<ModelSystemd> systemd_;
  std::unique_ptr<ModelPrograms> programs_;
  test::FakeProfiles profiles_{disk_, loop_};
  test::FakeCopies copies_{disk_, run_};
  test::FakeRecords records_{disk_};
  test::FakeJournal journal_{loop_};
  ModelHost host_{run_, loop_, platter_, systemd_};
  test::FakeClosures closures_{disk_};
  ModelBootLoader boot_loader_{loop_, random_, site_, [this]() -> ModelBus& { return systemd_->bus(); },
                               [this] { go_down(); }};
  ModelProber prober_{loop_, random_, schedule_.scenario.check, [this] { return is_in_trial(); }};

  std::unique_ptr<PointedRecords> pointed_records_;
  std::unique_ptr<PointedProfiles> pointed_profiles_;
  std::unique_ptr<PointedCopies> pointed_copies_;
  std::unique_ptr<PointedUnits> pointed_units_;
  std::unique_ptr<PointedPrograms> pointed_programs_;
  std::unique_ptr<PointedBootLoader> pointed_boot_loader_;
  std::vector<std::shared_ptr<void>> tampered_;
  std::unique_ptr<Engine> engine_;
  int boots_ = 1;
  bool playing_ = true;  // false: nothing strikes any more
  std::int64_t full_until_ms_ = 0;
  int idle_ticks_ = 0;  // with a record left

  // What is planned, and what has happened.
  std::vector<PlannedFault> planned_;
  std::vector<Fault> deferred_;       // struck within a call, and take effect after it
  std::optional<std::size_t> state_;  // of the activation; absent: there is none
  unsigned points_ = 0;               // since it was entered
  std::multiset<Fault> struck_;
  std::set<std::pair<Fault, std::size_t>> struck_in_;
  std::optional<Script> script_;
  std::optional<std::string> prepared_record_;  // the first that has its changes
  ActivationId id_;
  bool asked_ = false;
  int deaths_ = 0;
  int revert_attempts_ = 0;
  bool long_outage_ = false;
  bool new_was_booted_ = false;
  std::int64_t begun_ms_ = 0;
  std::int64_t ended_ms_ = 0;
  std::int64_t switched_ms_ = 0;
  std::int64_t alive_since_ms_ = 0;
  std::int64_t blind_ms_ = 0;
  std::map<Kind, std::string> moved_;
  std::string made_default_;  // by somebody else, of what the host boots
  std::map<std::string, std::vector<std::string>> set_to_;
  std::map<Kind, std::map<std::uint64_t, std::string>> generations_before_;
  bool confirmed_in_time_ = false;
  bool answered_committed_ = false;
  bool durable_when_answered_ = true;
  bool confirming_ = false;  // the pusher waits for an answer
  int confirm_attempts_ = 0;
  std::int64_t confirm_after_ms_ = 0;
  std::uint64_t digest_ = 0;
  guarantee::Facts facts_;
  std::vector<guarantee::ProfileFacts> after_reboot_;
};

}  // namespace switchback::simulation
