// SPDX-License-Identifier: MIT
// One activation from the request to its outcome, whatever happens to connections on the way: shows its
// events, confirms it, cancels it when interrupted. The host decides how it ends; this only finds out.
#pragma once

#include "activator/protocol/request.hpp"
#include "cli/confirmer.hpp"
#include "cli/display.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace switchback {

struct FollowSettings {
  bool may_prompt = false;      // ssh may ask on the terminal during a confirm
  std::string confirm_command;  // what to type for a manual confirm, without the id
  std::string status_command;   // what to type when the outcome is unknown
  std::chrono::milliseconds first_retry{1000};
  std::chrono::milliseconds longest_retry{10'000};
  std::chrono::milliseconds patience{0};  // for a lost host; zero: found from the request's deadlines
};

class Follower {
 public:
  Follower(Remote& remote, Display& display, const Interrupt& interrupt, ActivateRequest request,
           FollowSettings settings);

  /// Errors: why the host has not begun; with `unknown`, why its outcome cannot be told.
  [[nodiscard]] Result<OutcomeEvent> run();
  /// Whether the host may have begun: then a failure does not mean that nothing changed there.
  [[nodiscard]] bool unknown() const { return sent_ && !rejected_; }

 private:
  Status begin();
  Status read_events();
  Status take(const Reply& reply);
  void take(const Event& event, const nlohmann::json& raw);
  void react(const PhaseEvent& phase);
  Status answered_with_error(const Reply& reply);
  void await_confirm_news();
  void show_confirm_news();
  Status obey_interrupts();
  void cancel();
  Status regain(const Error& lost);
  [[nodiscard]] std::chrono::milliseconds patience() const;

  Remote& remote_;
  Display& display_;
  const Interrupt& interrupt_;
  ActivateRequest request_;
  FollowSettings settings_;
  std::optional<Connection> connection_;
  std::unique_ptr<Confirmer> confirmer_;
  std::optional<OutcomeEvent> outcome_;
  std::uint64_t last_seq_ = 0;
  bool sent_ = false;      // the request may have reached the host
  bool accepted_ = false;  // it told so
  bool rejected_ = false;  // it told that not
  bool final_ = false;     // there is nothing to come back for
  bool cancel_sent_ = false;
  std::optional<Clock::time_point> lost_at_;
  std::string last_loss_;
  std::chrono::milliseconds pause_;
};

}  // namespace switchback
