// SPDX-License-Identifier: MIT
#include "tests/simulation/schedule.hpp"

#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;

template <class S>
constexpr std::size_t index_of() {
  return State(S{}).index();
}

std::vector<Kind> some_kinds(Random& random) {
  const std::vector<std::vector<Kind>> choices{{Kind::units},
                                               {Kind::units},
                                               {Kind::units},
                                               {Kind::nixos},
                                               {Kind::nixos},
                                               {Kind::script},
                                               {Kind::script},
                                               {Kind::units, Kind::nixos},
                                               {Kind::units, Kind::script},
                                               {Kind::nixos, Kind::script},
                                               {Kind::script, Kind::nixos, Kind::units}};
  return choices[random.below(choices.size())];
}

Scenario some_scenario(Random& random) {
  Scenario scenario;
  scenario.kinds = some_kinds(random);
  scenario.mode = random.pick({Mode::switch_now, Mode::switch_now, Mode::switch_now, Mode::switch_now,
                               Mode::switch_now, Mode::switch_now, Mode::test});
  scenario.confirm = random.pick({ConfirmMode::automatic, ConfirmMode::automatic, ConfirmMode::automatic,
                                  ConfirmMode::manual, ConfirmMode::none});
  scenario.newcomer = random.chance(55) ? Newcomer::healthy : Newcomer(random.below(kNewcomerNames.size()));
  scenario.pusher = random.chance(70) ? Pusher::prompt : Pusher(random.below(kPusherNames.size()));
  scenario.auto_rollback = !random.chance(8);
  scenario.strict = random.chance(20);
  scenario.first_generation = random.chance(10);
  scenario.same_again = !scenario.first_generation && random.chance(4);
  scenario.selected_before = random.chance(40);
  scenario.failed_before = random.chance(30);
  scenario.soak = milliseconds{random.pick({0, 3000, 3000, 10'000})};
  return scenario;
}

/// From a source of its own, as a check.
void add_past(Scenario& scenario, Random random) {
  if (random.chance(25)) scenario.past = random.pick({Past::oldest, Past::newest});
}

/// From a source of its own: what else a seed says does not depend on it.
void add_check(Scenario& scenario, Random random) {
  if (random.chance(60)) return;
  scenario.check = random.chance(40) ? Check::passes : Check(random.below(kCheckNames.size()));
  scenario.check_is_required = random.chance(80);
  scenario.prefailing = random.chance(30) ? Prefailing::tolerate : Prefailing::fail;
}

}  // namespace

void lead_to(std::size_t state, Scenario& scenario, Random& random) {
  if (state == index_of<Rehearsing>()) {
    scenario.mode = Mode::dry_run;
    scenario.kinds = {random.pick({Kind::nixos, Kind::script})};
    if (random.chance(40)) scenario.kinds = {Kind::nixos, Kind::script};
    if (random.chance(30)) scenario.kinds.push_back(Kind::units);
    return;
  }
  if (state == index_of<Testing>()) {
    scenario.mode = Mode::test;
    scenario.newcomer = random.pick({Newcomer::healthy, Newcomer::healthy, Newcomer::crashes_late});
    return;
  }
  if (state == index_of<Reverting>()) {
    if (scenario.newcomer == Newcomer::healthy) scenario.pusher = Pusher::never;
    if (scenario.confirm == ConfirmMode::none) scenario.confirm = ConfirmMode::automatic;
    if (random.chance(20)) scenario.mode = Mode::test;
    return;
  }
  if (scenario.mode == Mode::test && state != index_of<Finished>()) scenario.mode = Mode::switch_now;
  if (state == index_of<Observing>()) {
    if (scenario.soak.count() == 0) scenario.soak = milliseconds{3000};
    if (scenario.newcomer == Newcomer::healthy && random.chance(50)) scenario.newcomer = Newcomer::slow;
  }
  if (state == index_of<Committing>() || state == index_of<AwaitingConfirmation>()) {
    scenario.newcomer =
        random.pick({Newcomer::healthy, Newcomer::healthy, Newcomer::slow, Newcomer::crashes_late});
    scenario.pusher = random.pick({Pusher::prompt, Pusher::prompt, Pusher::prompt, Pusher::early});
  }
  if (state == index_of<AwaitingConfirmation>()) {
    if (scenario.confirm == ConfirmMode::none) scenario.confirm = ConfirmMode::automatic;
    if (scenario.pusher == Pusher::early) scenario.pusher = Pusher::prompt;
  }
}

namespace {

/// Of all but the one that only a boot leads to: what a seed says is what it said before there was that.
std::size_t some_state(Random& random) {
  const auto state = random.below(kStates - 1);
  return state < index_of<AwaitingBoot>() ? state : state + 1;
}

PlannedFault some_fault(Random& random, std::size_t state) {
  PlannedFault planned{Fault(random.below(kFaults)), state, 0};
  // Near its beginning as likely as far into it.
  planned.after = static_cast<unsigned>(random.below(std::uint64_t{1} << random.below(6)));
  if (planned.fault == Fault::tear_record) planned.after = static_cast<unsigned>(random.below(3));
  return planned;
}

void add_faults(Schedule& schedule, std::size_t state, Random& random) {
  if (random.chance(6)) return;  // nothing goes wrong
  schedule.faults.push_back(some_fault(random, state));
  // Half of all schedules have a single fault; of the others each more has one fewer.
  while (schedule.faults.size() < 8 && random.chance(50))
    schedule.faults.push_back(some_fault(random, random.chance(40) ? state : some_state(random)));
}

/// From a source of its own, as a check. Its faults strike on the way that it takes now.
void add_boot(Schedule& schedule, Random random) {
  if (!random.chance(15)) return;
  auto state = random.below(kStates);
  const bool leads_elsewhere = state == index_of<Rehearsing>() || state == index_of<Testing>();
  if (leads_elsewhere) state = index_of<AwaitingBoot>();
  go_by_boot(state, schedule.scenario, random);
  bool first = true;
  for (auto& planned : schedule.faults) {
    if (std::exchange(first, false) || random.chance(50)) planned.state = state;
  }
}

}  // namespace

Schedule make_schedule(std::uint64_t seed) {
  Random random(seed);
  Schedule schedule{seed, some_scenario(random), {}};
  const auto state = some_state(random);
  lead_to(state, schedule.scenario, random);
  add_check(schedule.scenario, Random(seed ^ 0xc4ec5U));
  add_past(schedule.scenario, Random(seed ^ 0x9a57U));
  add_faults(schedule, state, random);
  add_boot(schedule, Random(seed ^ 0xb007edU));
  return schedule;
}

std::string describe(const Schedule& schedule) {
  const auto& scenario = schedule.scenario;
  std::string words = "seed " + std::to_string(schedule.seed) + ":";
  for (const auto kind : scenario.kinds) words += " " + std::string(text(kind));
  words += ", " + std::string(text(scenario.mode)) + ", confirm " + std::string(text(scenario.confirm));
  words += ", newcomer " + std::string(kNewcomerNames[static_cast<std::size_t>(scenario.newcomer)]);
  words += ", pusher " + std::string(kPusherNames[static_cast<std::size_t>(scenario.pusher)]);
  words += ", soak " + std::to_string(scenario.soak.count()) + " ms";
  for (const auto& [flag, name] : {std::pair{!scenario.auto_rollback, "autoRollback off"},
                                   {scenario.strict, "strict"},
                                   {scenario.first_generation, "first generation"},
                                   {scenario.same_again, "the same closure again"},
                                   {scenario.selected_before, "an older generation is current"},
                                   {scenario.failed_before, "a unit had failed before"}}) {
    if (flag) words += std::string(", ") + name;
  }
  if (scenario.check != Check::none) {
    words += ", a check that " + std::string(kCheckNames[static_cast<std::size_t>(scenario.check)]);
    words += scenario.check_is_required ? "" : " and is not required";
    if (scenario.prefailing == Prefailing::tolerate) words += ", prefailing tolerated";
  }
  if (scenario.past != Past::unknown)
    words += ", newcomer is " + std::string(kPastNames[static_cast<std::size_t>(scenario.past)]);
  words += describe_boot(scenario);
  for (const auto& planned : schedule.faults) {
    words += "\n  fault: " + std::string(kFaultNames[static_cast<std::size_t>(planned.fault)]) + ", while " +
             std::string(kStateNames[planned.state]) + ", after " + std::to_string(planned.after) + " points";
  }
  return words;
}

}  // namespace switchback::simulation
