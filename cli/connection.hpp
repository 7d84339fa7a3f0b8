// SPDX-License-Identifier: MIT
// One conversation with an activator over a pair of descriptors: calls out, replies in, each wait with a
// deadline. Decides nothing about what is asked, nor what is done when the conversation is lost.
#pragma once

#include "activator/protocol/message.hpp"
#include "cli/fd.hpp"
#include "cli/waker.hpp"

#include <functional>
#include <optional>

namespace switchback {

class Connection {
 public:
  /// `why_ended` tells, once `from` has ended, what the other side had to say about it.
  Connection(Fd to, Fd from, std::function<Error()> why_ended);

  /// Errors: what `why_ended` says.
  [[nodiscard]] Status call(const Call& call);
  /// The next reply; nullopt at `deadline`, or earlier when `waker` is woken.
  /// Errors: what `why_ended` says; corrupt when the peer does not speak Varlink. Both are the end.
  [[nodiscard]] Result<std::optional<Reply>> next(Clock::time_point deadline, const Waker* waker = nullptr);
  /// The one reply to `call`. Errors: also the error that the host answers with; timeout at `deadline` or
  /// when `waker` is woken.
  [[nodiscard]] Result<Reply> ask(const Call& call, Clock::time_point deadline, const Waker* waker = nullptr);

 private:
  Result<std::optional<Reply>> take_frame();

  Fd to_;
  Fd from_;
  std::function<Error()> why_ended_;
  FrameReader frames_;
};

}  // namespace switchback
