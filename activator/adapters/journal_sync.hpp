// SPDX-License-Identifier: MIT
// Has journald write what it has received so far, so that a reader finds it. Decides nothing of what is read:
// whether journald answered or not, the reader goes on. Source: systemd-journald.service(8), Varlink
// interface io.systemd.Journal.
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/unique_fd.hpp"
#include "activator/protocol/error.hpp"

#include <functional>
#include <memory>

namespace switchback {

/// Calls `done` once, from the loop, within about a second, unless destroyed before.
class JournalSync {
 public:
  JournalSync(EventLoop& loop, std::function<void()> done);

 private:
  [[nodiscard]] Status ask(EventLoop& loop);
  void ready();
  void finish();

  std::function<void()> done_;
  UniqueFd fd_;
  LoopSource source_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace switchback
