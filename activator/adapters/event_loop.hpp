// SPDX-License-Identifier: MIT
// The one event loop of the activator: a thin owner of sd_event. Decides how callbacks are kept, guarded and
// freed; what they do is their own affair. Source: sd-event(3), systemd 252.
#pragma once

#include "activator/ports/host.hpp"

#include <systemd/sd-event.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

namespace switchback {

/// One registration on the loop, active while it lives. May be destroyed from within its own callback.
class LoopSource {
 public:
  LoopSource() = default;
  LoopSource(LoopSource&&) noexcept = default;
  LoopSource& operator=(LoopSource&& other) noexcept;
  LoopSource(const LoopSource&) = delete;
  LoopSource& operator=(const LoopSource&) = delete;
  ~LoopSource() { reset(); }

  void reset();
  [[nodiscard]] sd_event_source* get() const;
  explicit operator bool() const { return get() != nullptr; }

 private:
  friend class EventLoop;
  struct State;
  explicit LoopSource(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class EventLoop : public Timers {
 public:
  /// Throws std::system_error when the kernel has no event loop to give: the process cannot go on.
  EventLoop();
  ~EventLoop() override;

  [[nodiscard]] std::unique_ptr<Timer> arm(std::chrono::milliseconds after,
                                           std::function<void()> elapsed) override;
  /// `events` as in epoll_ctl(2). Level-triggered, until the source is destroyed.
  [[nodiscard]] LoopSource add_io(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready);
  /// As add_io(), and `prepare` is called before each wait of the loop.
  [[nodiscard]] LoopSource add_io(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready,
                                  std::function<void()> prepare);
  /// A CLOCK_MONOTONIC timer that is off until sd_event_source_set_time() and set_enabled().
  [[nodiscard]] LoopSource add_timer(std::function<void()> elapsed);
  /// Blocks `signal_number` in this thread and hears it here instead.
  [[nodiscard]] LoopSource add_signal(int signal_number, std::function<void()> received);
  /// Calls `body` once from the loop, never from within this call; in the order of the posts.
  void post(std::function<void()> body);

  /// Tells the service manager that the loop turns, at half the interval it asks for. Does nothing without
  /// one.
  void keep_watchdog();
  /// Runs until exit(); the code given there.
  int run();
  void exit(int code);
  /// One turn, waiting `at_most`; false once the loop has ended.
  bool turn(std::chrono::milliseconds at_most);

 private:
  void run_posted();

  sd_event* event_ = nullptr;
  LoopSource posted_source_;
  std::deque<std::function<void()>> posted_;
};

}  // namespace switchback
