// SPDX-License-Identifier: MIT
// Ctrl-C and SIGTERM as a count that waits can see: the first asks for a cancel, the second detaches. What
// that means is decided by the verb.
#pragma once

#include "cli/waker.hpp"

namespace switchback {

class Interrupt {
 public:
  virtual ~Interrupt() = default;
  /// How often it was asked for.
  [[nodiscard]] virtual int count() const = 0;
  /// Woken at each.
  [[nodiscard]] virtual const Waker& waker() const = 0;
};

/// The signals of this process. One at a time.
class SignalInterrupt final : public Interrupt {
 public:
  SignalInterrupt();
  ~SignalInterrupt() override;
  SignalInterrupt(const SignalInterrupt&) = delete;
  SignalInterrupt& operator=(const SignalInterrupt&) = delete;
  [[nodiscard]] int count() const override;
  [[nodiscard]] const Waker& waker() const override { return waker_; }

 private:
  Waker waker_;
};

}  // namespace switchback
