// SPDX-License-Identifier: MIT
// One activation of one host, from the login to the exit status: is there an activator and is the host free,
// copy, follow, say how it ended. Decides the order, and what a failure at each point means; what is
// activated and what is copied is decided by the verbs.
#pragma once

#include "activator/protocol/status.hpp"
#include "cli/display.hpp"
#include "cli/follower.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// A copy under way: called, it waits for the end; dropped, it ends it.
using Copying = std::function<Status()>;

/// What an attempt works with; the tests put others in the place of each.
struct Means {
  Remote& remote;
  Display& display;
  const Interrupt& interrupt;
  std::function<Status()> prepare{};  // after the login, before all else; none: the host is ready
  std::function<Copying()> copy{};    // begins it; none: there is nothing to copy
  std::string copied{};               // what it copies, for people
  FollowSettings follow{};
  std::optional<std::chrono::milliseconds> wait{};  // how long for a host that another activation holds
};

struct Ended {
  ExitStatus status = ExitStatus::unknown;
  std::optional<OutcomeEvent> outcome{};
  std::vector<ProfileStatus> before{};  // what the host's profiles named before
};

[[nodiscard]] Ended attempt(const Followed& what, const Means& with);

}  // namespace switchback
