// SPDX-License-Identifier: MIT
// One activation from the request to its outcome, whatever happens to connections on the way: shows its
// events, makes the pusher's checks and confirms it, cancels it when one fails or when interrupted. The host
// decides how it ends; this only finds out.
#pragma once

#include "cli/confirmer.hpp"
#include "cli/display.hpp"
#include "cli/followed.hpp"
#include "cli/interrupt.hpp"
#include "cli/pusher_checks.hpp"
#include "cli/remote.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace switchback {

struct FollowSettings {
  bool may_prompt = false;  // ssh may ask on the terminal during a login
  std::string where;        // what reaches the host when it is typed: «--host root@web1»
  std::string host;         // its name to ssh, for checks
  std::chrono::milliseconds first_retry{1000};
  std::chrono::milliseconds longest_retry{10'000};
  std::chrono::milliseconds patience{0};              // for a lost host; zero: the activation's own
  std::chrono::milliseconds reboot_timeout{600'000};  // for one that reboots
  /// Called with the outcome of a dry run before it is shown.
  std::function<void(const OutcomeEvent&)> planned{};
};

/// Healthy, and kept by the host for a while: the end of a test, as far as its pusher is concerned.
struct UnderTest {
  std::optional<double> seconds;  // for how long
};
/// The next boot of the host is one of what was deployed: the end of that for its pusher, if it did not ask
/// for the reboot, too.
struct ForNextBoot {
  std::optional<double> seconds;  // by when the host must be booted
};
using FollowEnd = std::variant<OutcomeEvent, UnderTest, ForNextBoot>;

class Follower {
 public:
  Follower(Remote& remote, Display& display, const Interrupt& interrupt, Followed what,
           FollowSettings settings);

  /// Errors: why the host has not begun; with `unknown`, why its outcome cannot be told.
  [[nodiscard]] Result<FollowEnd> run();
  /// A conversation that there is already; should it have ended meanwhile, another is opened.
  void go_on_with(Greeted greeted) { greeted_ = std::move(greeted); }
  /// Whether the host may have begun: then a failure does not mean that nothing changed there.
  [[nodiscard]] bool unknown() const { return sent_ && !rejected_; }
  /// Of an activation that was joined: what is left of a phase, where its event tells what it had once.
  void left_of(Phase phase, std::optional<double> seconds) { left_ = {phase, seconds}; }

 private:
  Result<Greeted> greet();
  Status begin();
  Status read_events();
  Status take(const Reply& reply);
  void take(Event event, const nlohmann::json& raw);
  void react(const PhaseEvent& phase);
  void confirm(const PhaseEvent& phase);
  void begin_confirming();
  void begin_checks(std::chrono::milliseconds window);
  void take_news();
  void show_check_news();
  void checks_passed();
  Status answered_with_error(const Reply& reply);
  void await_confirm_news();
  void show_confirm_news();
  Status obey_interrupts();
  void cancel();
  void stop_asking();
  Status regain(const Error& lost);
  Status pause_before(Clock::time_point give_up);
  void tell_of_loss(const Error& lost);
  [[nodiscard]] Error given_up() const;
  [[nodiscard]] std::string command(const char* verb) const;

  Remote& remote_;
  Display& display_;
  const Interrupt& interrupt_;
  Followed what_;
  FollowSettings settings_;
  std::optional<Greeted> greeted_;
  std::optional<Connection> connection_;
  std::unique_ptr<PusherChecks> checks_;
  std::unique_ptr<Confirmer> confirmer_;
  Clock::time_point confirm_by_;
  std::optional<UnderTest> under_test_;  // until its checks have passed
  std::string failed_check_;             // the sentence of one that must pass
  std::optional<FollowEnd> end_;
  std::optional<std::pair<Phase, std::optional<double>>> left_;
  std::string version_;  // the activator's
  std::uint64_t last_seq_ = 0;
  bool sent_ = false;      // the request may have reached the host
  bool accepted_ = false;  // it told so
  bool rejected_ = false;  // it told that not
  bool final_ = false;     // there is nothing to come back for
  bool cancel_sent_ = false;
  bool rebooting_ = false;  // that is why it will be lost
  std::optional<Clock::time_point> lost_at_;
  std::string last_loss_;
  std::chrono::milliseconds pause_;
};

}  // namespace switchback
