// SPDX-License-Identifier: MIT
// Checks from the pusher's side, made before its confirm is sent: the view that users have. Decides what such
// a check is given, how often it is tried and when it has failed; what a failed one means is decided by
// follower.hpp.
#pragma once

#include "activator/protocol/event.hpp"
#include "activator/protocol/request.hpp"
#include "cli/waker.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace switchback {

/// What is left of the confirm's time for the confirm itself.
inline constexpr std::chrono::seconds kForConfirm{5};

/// Those of `gate` that are the pusher's, or the host's.
[[nodiscard]] Checks checks_of_side(const GatePolicy& gate, CheckSide side);

/// Errors: invalid_request when nobody would wait for a check of the pusher's, or not long enough.
[[nodiscard]] Status check_confirmable(const ActivateRequest& request);

/// Asks each in a thread of its own, until it has passed or failed; a required one fails at the deadline,
/// another after as many misses in a row as it may have.
class PusherChecks {
 public:
  /// Begins at once. `environment` is on top of ours. Wakes `changed` whenever there is news.
  PusherChecks(const Checks& checks, const std::map<std::string, std::string>& environment,
               Clock::time_point deadline, const Waker& changed);
  /// Ends those that are under way.
  ~PusherChecks();
  PusherChecks(const PusherChecks&) = delete;
  PusherChecks& operator=(const PusherChecks&) = delete;

  struct News {
    std::vector<CheckEvent> events;
    std::vector<std::string> failed;  // required ones, a sentence each
    std::vector<std::string> doubts;  // likewise, of those that are not required
    bool ended = false;               // all are
  };
  /// What happened since it was last asked.
  [[nodiscard]] News take_news();

 private:
  void run(const std::string& name, const CheckPolicy& check);
  void tell(CheckEvent event);
  void end(CheckEvent event, bool required);

  std::map<std::string, std::string> environment_;
  Clock::time_point deadline_;
  const Waker& changed_;
  std::atomic<bool> stopping_{false};
  Waker stop_;
  std::mutex mutex_;
  std::size_t running_ = 0;
  News news_;
  std::vector<std::thread> threads_;
};

}  // namespace switchback
