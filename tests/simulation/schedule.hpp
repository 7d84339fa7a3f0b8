// SPDX-License-Identifier: MIT
// From a seed to everything that is decided before a schedule is played: what is deployed to which host, how
// its pusher behaves, what goes wrong and when. The rest of chance comes from the same seed while it is
// played.
#pragma once

#include "activator/protocol/check_policy.hpp"
#include "activator/protocol/vocabulary.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/random.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace switchback::simulation {

/// How the new closure behaves.
enum class Newcomer { healthy, slow, start_fails, hangs, crashes_soon, crashes_late, restarts };
inline constexpr std::array<std::string_view, 7> kNewcomerNames{
    "healthy", "slow", "fails to start", "hangs", "crashes soon", "crashes late", "restarts for ever"};

/// When the pusher confirms.
enum class Pusher { prompt, early, late, never };
inline constexpr std::array<std::string_view, 4> kPusherNames{"prompt", "early", "late", "never"};

/// What the one check of the host answers.
enum class Check {
  none,
  passes,
  mends,         // fails beforehand, and passes in the trial
  fails,         // in the trial
  hangs,         // in the trial
  always_fails,  // beforehand, too
  breaks,        // after it has passed in the trial
  flaps,
};
inline constexpr std::array<std::string_view, 8> kCheckNames{"none",  "passes",       "mends",  "fails",
                                                             "hangs", "always fails", "breaks", "flaps"};

/// Who boots the host when a boot is waited for that is not asked for.
enum class Operator { reboots, cuts_power, nobody };
inline constexpr std::array<std::string_view, 3> kOperatorNames{"somebody in order", "a power cut", "nobody"};

/// When it goes down after it was asked to reboot.
enum class GoesDown { soon, late, never };
inline constexpr std::array<std::string_view, 3> kGoesDownNames{"soon", "late", "never"};

/// Whether the newcomer is a generation already, of another time.
enum class Past { unknown, oldest, newest };
inline constexpr std::array<std::string_view, 3> kPastNames{"unknown", "the oldest generation",
                                                            "the newest generation"};

struct Scenario {
  std::vector<Kind> kinds;  // of each change
  Mode mode = Mode::switch_now;
  ConfirmMode confirm = ConfirmMode::automatic;
  Newcomer newcomer = Newcomer::healthy;
  Pusher pusher = Pusher::prompt;
  bool auto_rollback = true;
  bool strict = false;
  bool first_generation = false;
  bool same_again = false;       // the closure that runs already
  bool selected_before = false;  // the current generation is not the newest
  Past past = Past::unknown;
  bool failed_before = false;  // a unit of the host's that nobody touches
  std::chrono::milliseconds soak{};
  Check check = Check::none;
  bool check_is_required = true;
  Prefailing prefailing = Prefailing::fail;
  bool needs_reboot = false;  // the newcomer's switch says that only a boot can bring it up, and does nothing
  bool reboot = false;        // which may be asked for
  Operator booted_by = Operator::reboots;
  GoesDown goes_down = GoesDown::soon;
  bool ignores_once = false;  // the boot loader, what it was told of the next boot

  [[nodiscard]] bool has(Kind kind) const {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }
  /// Its trial is a boot.
  [[nodiscard]] bool waits_for_boot() const {
    const bool goes_on = mode == Mode::switch_now && needs_reboot && reboot && !has(Kind::units);
    return has(Kind::nixos) && !same_again && (mode == Mode::boot || goes_on);
  }
  /// Nothing but a boot could bring it up, and it gets none.
  [[nodiscard]] bool lacks_boot() const {
    return mode == Mode::switch_now && needs_reboot && has(Kind::nixos) && !same_again && !waits_for_boot();
  }
  /// The boot that it waits for is one of the newcomer.
  [[nodiscard]] bool comes_up() const {
    return !ignores_once && (reboot ? goes_down != GoesDown::never : booted_by != Operator::nobody);
  }
  /// There is a check that must pass.
  [[nodiscard]] bool obeys_check() const {
    const bool tolerated = check == Check::always_fails && prefailing == Prefailing::tolerate;
    return check != Check::none && check_is_required && !tolerated;
  }
  /// It must pass, and never does in the trial.
  [[nodiscard]] bool cannot_be_healthy() const {
    return obeys_check() && (check == Check::fails || check == Check::hangs || check == Check::always_fails);
  }
};

struct Schedule {
  std::uint64_t seed = 0;
  Scenario scenario;
  std::vector<PlannedFault> faults;
};

/// Makes it likely that an activation comes to `state` at all.
void lead_to(std::size_t state, Scenario& scenario, Random& random);
/// Makes of it one that may wait for a boot, and comes to `state` all the same.
void go_by_boot(std::size_t state, Scenario& scenario, Random& random);
/// What is to be said of that; empty: it has nothing to do with boots.
[[nodiscard]] std::string describe_boot(const Scenario& scenario);

[[nodiscard]] Schedule make_schedule(std::uint64_t seed);
/// For a person: one line for the scenario, one for each fault.
[[nodiscard]] std::string describe(const Schedule& schedule);

}  // namespace switchback::simulation
