// SPDX-License-Identifier: MIT
// Confirms one activation over new connections, one attempt after another, in a thread of its own so that the
// activation's events are shown meanwhile. Decides when to try again; not what a confirm means.
#pragma once

#include "activator/protocol/activation_id.hpp"
#include "cli/remote.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace switchback {

class Confirmer {
 public:
  /// Begins at once. Wakes `changed` whenever there is news.
  Confirmer(Remote& remote, ActivationId id, Clock::time_point deadline, const Waker& changed);
  /// Gives up an attempt that is under way.
  ~Confirmer();
  Confirmer(const Confirmer&) = delete;
  Confirmer& operator=(const Confirmer&) = delete;

  struct News {
    bool confirmed = false;
    std::chrono::milliseconds took{0};  // of the attempt
    std::string failure;                // why an attempt failed, unless the last one failed so too
  };
  /// What happened since it was last asked.
  [[nodiscard]] std::optional<News> take_news();

 private:
  void run();
  void tell(News news);

  Remote& remote_;
  ActivationId id_;
  Clock::time_point deadline_;
  const Waker& changed_;
  std::atomic<bool> stopping_{false};
  Waker stop_;
  std::mutex mutex_;
  std::optional<News> news_;
  std::thread thread_;
};

}  // namespace switchback
