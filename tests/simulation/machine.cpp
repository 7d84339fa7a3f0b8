// SPDX-License-Identifier: MIT
#include "tests/simulation/machine.hpp"

#include <spdlog/spdlog.h>

#include <cstdio>
#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::chrono::hours kPatience{3};
constexpr int kGivenUp = 30;  // ticks

ActivationId id_of(std::uint64_t seed) {
  char digits[33];
  std::snprintf(digits, sizeof digits, "%032llx", static_cast<unsigned long long>(seed));
  return *ActivationId::parse(digits);
}

}  // namespace

Machine::Machine(const Schedule& schedule, Coverage& coverage, Tampering tampering,
                 std::function<void(const std::string&)> told)
    : schedule_(schedule),
      coverage_(coverage),
      tampering_(std::move(tampering)),
      told_(std::move(told)),
      random_(schedule.seed ^ 0x5eedU),
      site_(schedule_.scenario, disk_, run_, platter_),
      planned_(schedule.faults),
      id_(id_of(schedule.seed)) {
  spdlog::set_level(spdlog::level::off);
  loop_.tie_break = [this] { return random_.below(4); };
  for (const auto kind : schedule_.scenario.kinds) generations_before_[kind] = site_.generations(kind);
  make_manager();
}

Machine::~Machine() = default;

void Machine::say(const std::function<std::string()>& words) const {
  if (!told_) return;
  auto& loop = const_cast<test::FakeLoop&>(loop_);
  told_(std::to_string(loop.boottime_ms()) + " ms  " + words());
}

void Machine::make_manager() {
  systemd_ = std::make_unique<ModelSystemd>(loop_, disk_, run_, random_);
  programs_ = std::make_unique<ModelPrograms>(loop_, systemd_->bus(), [this](const ProgramRun& program) {
    say([&] {
      return "program " + program.argv.front() + (program.argv.size() > 1 ? " " + program.argv[1] : "");
    });
    return site_.work_of(program, *systemd_, random_);
  });
  site_.furnish(*systemd_);
  systemd_->boot();
}

void Machine::start_activator() {
  if (engine_) return;
  say([] { return "the activator starts"; });
  const AtPoint at = [this](const char* call, Where where) { at_point(call, where); };
  pointed_records_ = std::make_unique<PointedRecords>(records_, disk_, at);
  pointed_profiles_ = std::make_unique<PointedProfiles>(
      profiles_, disk_, platter_, at,
      [this](const std::string& path, const std::optional<StorePath>& closure) {
        set_to_[path].push_back(closure ? closure->name() : "");
      });
  pointed_copies_ = std::make_unique<PointedCopies>(copies_, at);
  pointed_units_ = std::make_unique<PointedUnits>(*systemd_, at);
  pointed_programs_ = std::make_unique<PointedPrograms>(*programs_, at);
  pointed_boot_loader_ = std::make_unique<PointedBootLoader>(boot_loader_, at);
  const Ports ports{*pointed_units_,  *pointed_profiles_,
                    *pointed_copies_, *pointed_records_,
                    clock_,           loop_,
                    journal_,         host_,
                    closures_,        *pointed_programs_,
                    prober_,          *pointed_boot_loader_};
  alive_since_ms_ = loop_.boottime_ms();
  const auto bus_back_ms = [this] { return systemd_->bus().back_ms(); };
  engine_ = std::make_unique<Engine>(
      tampering_ ? tampering_({ports, disk_, run_, platter_, loop_, bus_back_ms, tampered_}) : ports);
  engine_->on_step([this](const State& before, const ActivationEvent& event, const State& after) {
    observe(before, event, after);
  });
  engine_->start();
}

void Machine::observe(const State& before, const ActivationEvent& event, const State& after) {
  ++coverage_.events[before.index()][event.index()];
  if (const auto* unhealthy = std::get_if<GateUnhealthy>(&event))
    say([&] { return "unhealthy: " + unhealthy->causes.front().message; });
  if (const auto* failed = std::get_if<StepFailed>(&event))
    say([&] { return "failed: " + failed->cause.message; });
  digest_ =
      (digest_ ^ static_cast<std::uint64_t>(loop_.boottime_ms())) * 31 + before.index() * 100 + event.index();
  say([&] {
    return std::string(kStateNames[before.index()]) + " + " + std::string(kEventNames[event.index()]) +
           " -> " + std::string(kStateNames[after.index()]);
  });
  if (std::holds_alternative<Observing>(after) && !std::holds_alternative<Observing>(before))
    switched_ms_ = clock_.boottime_ms();
  if (const auto* reverting = std::get_if<Reverting>(&after))
    revert_attempts_ = std::max(revert_attempts_, reverting->attempt);
  if (std::holds_alternative<Committing>(after) && !std::holds_alternative<Committing>(before))
    note_blindness();
  if (after.index() != before.index() || !state_) points_ = 0;
  state_ = after.index();
  if (std::holds_alternative<AwaitingBoot>(after) && !std::holds_alternative<AwaitingBoot>(before))
    await_operator();
  plan_confirm(before.index(), after.index());
}

void Machine::run_until(const std::function<bool()>& done, milliseconds limit) {
  const auto end = loop_.boottime_ms() + limit.count();
  for (;;) {
    try {
      (void)loop_.run_until(
          [&] {
            at_boundary();
            return done();
          },
          milliseconds{std::max<std::int64_t>(end - loop_.boottime_ms(), 0)});
      return;
    } catch (const Died& died) {
      bury(died);
    }
  }
}

bool Machine::is_over() {
  return asked_ && engine_ && !engine_->is_running() && !disk_.record && !confirming_;
}

bool Machine::is_in_trial() const {
  return state_ && *state_ != State(Preparing{}).index() && *state_ != State(Rehearsing{}).index();
}

/// What the rest of the world does every second. Nobody comes back for an activator that has gone idle.
void Machine::tick() {
  loop_.put(seconds{1}, [this] { tick(); });
  disk_.full = loop_.boottime_ms() < full_until_ms_;
  const bool left_over = engine_ && !engine_->is_running() && disk_.record;
  idle_ticks_ = left_over ? idle_ticks_ + 1 : 0;
}

void Machine::play() {
  loop_.put(seconds{1}, [this] { tick(); });
  run_until([&] { return false; }, milliseconds{2500});  // what runs, runs
  loop_.post([this] { start_activator(); });
  loop_.put(milliseconds{1}, [this] { push(); });
  run_until([&] { return is_over() || idle_ticks_ >= kGivenUp; }, kPatience);
  facts_.ended = is_over();
  ended_ms_ = loop_.boottime_ms();
  playing_ = false;
  disk_.full = false;
  full_until_ms_ = 0;
  if (facts_.ended) run_until([] { return false; }, seconds{4});
  gather_facts();
  if (!facts_.ended) return;
  host_died();
  run_until([&] { return engine_ && !engine_->is_running(); }, seconds{60});
  for (const auto kind : schedule_.scenario.kinds) after_reboot_.push_back(profile_facts(kind));
}

}  // namespace switchback::simulation
