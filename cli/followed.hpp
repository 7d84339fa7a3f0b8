// SPDX-License-Identifier: MIT
// What can be followed from its beginning to its outcome: an activation that a call begins, or one that runs
// already. Decides what its pusher has to do for it (confirm it, cancel it) and how long it may take.
#pragma once

#include "activator/protocol/message.hpp"
#include "activator/protocol/request.hpp"

#include <chrono>

namespace switchback {

struct Followed {
  Call call;  // answered by the stream of its events
  ActivationId id;
  bool ours = true;  // false: somebody else's, which is only watched
  Mode mode = Mode::switch_now;
  ConfirmMode confirm = ConfirmMode::none;
  std::chrono::milliseconds confirm_timeout{0};
  std::chrono::milliseconds gate_deadline{0};
  bool reboot = false;  // the host is, if need be
  Checks checks{};      // from the pusher's side
  std::chrono::milliseconds patience{
      0};  // all its deadlines together: for how long a lost host is asked again
};

[[nodiscard]] Followed activation(const ActivateRequest& request);
[[nodiscard]] Followed rollback(const RollbackRequest& request);
[[nodiscard]] Followed removal(const RemoveRequest& request);
/// One that runs, or has ended: all its events from the first.
[[nodiscard]] Followed watched(const ActivationId& id);

[[nodiscard]] Call watch_call(const ActivationId& id, std::uint64_t after);

}  // namespace switchback
