// SPDX-License-Identifier: MIT
// Scenarios whose trial is a boot: a part of schedule.hpp.
#include "tests/simulation/schedule.hpp"

namespace switchback::simulation {
namespace {

std::vector<Kind> kinds_to_boot(Random& random) {
  const std::vector<std::vector<Kind>> choices{
      {Kind::nixos},
      {Kind::nixos},
      {Kind::nixos},
      {Kind::nixos},
      {Kind::nixos},
      {Kind::nixos, Kind::script},
      {Kind::nixos, Kind::script},
      {Kind::script, Kind::nixos},
      {Kind::script},  // which waits for none
  };
  return choices[random.below(choices.size())];
}

}  // namespace

void go_by_boot(std::size_t state, Scenario& scenario, Random& random) {
  lead_to(state, scenario, random);
  scenario.kinds = kinds_to_boot(random);
  scenario.reboot = random.chance(50);
  if (random.chance(60)) {
    scenario.mode = Mode::boot;
  } else {
    scenario.mode = Mode::switch_now;
    scenario.needs_reboot = true;
    scenario.reboot = random.chance(85);
    // Which have no boot of their own to be tried in.
    if (random.chance(10)) scenario.kinds = {Kind::units, Kind::nixos};
  }
  scenario.booted_by = random.pick({Operator::reboots, Operator::reboots, Operator::reboots,
                                    Operator::reboots, Operator::cuts_power, Operator::nobody});
  scenario.goes_down = random.pick({GoesDown::soon, GoesDown::soon, GoesDown::soon, GoesDown::soon,
                                    GoesDown::soon, GoesDown::soon, GoesDown::late, GoesDown::never});
  scenario.ignores_once = random.chance(10);
}

std::string describe_boot(const Scenario& scenario) {
  if (scenario.mode != Mode::boot && !scenario.needs_reboot) return "";
  std::string words = scenario.needs_reboot ? ", only a boot brings it up" : "";
  words += scenario.reboot
               ? ", a reboot is asked for"
               : ", booted by " + std::string(kOperatorNames[static_cast<std::size_t>(scenario.booted_by)]);
  words += ", goes down " + std::string(kGoesDownNames[static_cast<std::size_t>(scenario.goes_down)]);
  if (scenario.ignores_once) words += ", its boot loader does not care";
  return words;
}

}  // namespace switchback::simulation
