// SPDX-License-Identifier: MIT
// Everything that a schedule may do to a host, and when: a fault is planned for a state of the activation,
// and strikes some points after that was entered. What a fault does is the machine's affair.
#pragma once

#include "activator/core/activation.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <variant>

namespace switchback::simulation {

enum class Fault {
  reorder_signals,
  duplicate_signals,
  delay_signals,
  drop_signals,
  lose_bus,
  reexecute,           // PID 1, which says so when it is back
  reexecute_silently,  // without Reloading(false)
  reload_by_somebody,
  kill_activator,
  reboot,
  soft_reboot,  // /run stays
  tear_record,  // the host dies while the record is written
  fill_disk,
  collect_garbage,
  collect_generations,  // nix-collect-garbage -d
  move_profile,         // somebody else sets the profile, or switches the system
  set_clock_back,
  crash_unit,
  restart_unit,  // or start it: by somebody, or by traffic on its socket
  hang_unit,
  fail_unit,  // its next start
  confirm,    // at whatever moment: early, late
  confirm_twice,
  confirm_wrongly,  // another id, or over a connection from before the switch
  cancel,
};
inline constexpr std::array<std::string_view, 25> kFaultNames{"signals reordered",
                                                              "signals duplicated",
                                                              "signals delayed",
                                                              "signals dropped",
                                                              "bus lost",
                                                              "PID 1 re-executed",
                                                              "… and silent",
                                                              "reload by somebody",
                                                              "activator killed",
                                                              "host rebooted",
                                                              "soft reboot",
                                                              "record torn",
                                                              "disk full",
                                                              "garbage collected",
                                                              "generations deleted",
                                                              "profile moved by hand",
                                                              "clock set back",
                                                              "unit crashed",
                                                              "unit restarted by hand",
                                                              "unit hangs",
                                                              "unit fails to start",
                                                              "confirm at any time",
                                                              "confirm twice",
                                                              "confirm wrong",
                                                              "cancelled"};
inline constexpr std::size_t kFaults = kFaultNames.size();
static_assert(static_cast<std::size_t>(Fault::cancel) + 1 == kFaults);

/// As the alternatives of State.
inline constexpr std::array<std::string_view, std::variant_size_v<State>> kStateNames{
    "preparing", "rehearsing", "switching",  "awaiting boot", "observing",
    "awaiting",  "testing",    "committing", "reverting",     "finished"};
inline constexpr std::size_t kStates = kStateNames.size();

struct PlannedFault {
  Fault fault = Fault::kill_activator;
  std::size_t state = 0;  // strikes while the activation is in this one
  unsigned after = 0;     // so many points later
};

}  // namespace switchback::simulation
