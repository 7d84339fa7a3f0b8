// SPDX-License-Identifier: MIT
#include "activator/adapters/event_loop.hpp"

#include "activator/adapters/guard.hpp"

#include <csignal>
#include <ctime>
#include <stdexcept>
#include <system_error>

namespace switchback {
namespace {

void check(int result, const char* doing) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), doing);
}

constexpr std::uint64_t kAccuracyUsec = 1000;  // sd-event's own default would round by 250 ms

}  // namespace

// Held by the owner and, while a callback runs, by that callback: so it can destroy its own source.
struct LoopSource::State : std::enable_shared_from_this<LoopSource::State> {
  sd_event_source* source = nullptr;
  std::function<void(std::uint32_t)> ready;
  std::function<void()> prepare;

  int call(std::uint32_t events) {
    const auto keep = shared_from_this();
    guard("event loop", [&] { ready(events); });
    return 0;  // a negative value would switch the source off for good
  }
  static int on_io(sd_event_source*, int, std::uint32_t events, void* state) {
    return static_cast<State*>(state)->call(events);
  }
  static int on_time(sd_event_source*, std::uint64_t, void* state) {
    return static_cast<State*>(state)->call(0);
  }
  static int on_signal(sd_event_source*, const struct signalfd_siginfo*, void* state) {
    return static_cast<State*>(state)->call(0);
  }
  static int on_defer(sd_event_source*, void* state) { return static_cast<State*>(state)->call(0); }
  static int on_prepare(sd_event_source*, void* state) {
    const auto keep = static_cast<State*>(state)->shared_from_this();
    guard("event loop", [&] { keep->prepare(); });
    return 0;
  }
};

LoopSource& LoopSource::operator=(LoopSource&& other) noexcept {
  if (this != &other) {
    reset();
    state_ = std::move(other.state_);
  }
  return *this;
}

void LoopSource::reset() {
  if (!state_) return;
  // Not a plain unref: the loop may hold it for a turn longer.
  sd_event_source_disable_unref(state_->source);
  state_->source = nullptr;
  state_.reset();
}

sd_event_source* LoopSource::get() const { return state_ ? state_->source : nullptr; }

EventLoop::EventLoop() {
  check(sd_event_new(&event_), "sd_event_new");
  auto state = std::make_shared<LoopSource::State>();
  state->ready = [this](std::uint32_t) { run_posted(); };
  check(sd_event_add_defer(event_, &state->source, LoopSource::State::on_defer, state.get()),
        "sd_event_add_defer");
  check(sd_event_source_set_enabled(state->source, SD_EVENT_OFF), "sd_event_source_set_enabled");
  posted_source_ = LoopSource(std::move(state));
}

EventLoop::~EventLoop() {
  posted_source_.reset();
  sd_event_unref(event_);
}

std::unique_ptr<Timer> EventLoop::arm(std::chrono::milliseconds after, std::function<void()> elapsed) {
  class LoopTimer : public Timer {
   public:
    explicit LoopTimer(LoopSource source) : source_(std::move(source)) {}

   private:
    LoopSource source_;
  };
  auto state = std::make_shared<LoopSource::State>();
  state->ready = [elapsed = std::move(elapsed)](std::uint32_t) { elapsed(); };
  const auto usec = std::chrono::microseconds(std::max(after, std::chrono::milliseconds(0))).count();
  check(sd_event_add_time_relative(event_, &state->source, CLOCK_BOOTTIME, static_cast<std::uint64_t>(usec),
                                   kAccuracyUsec, LoopSource::State::on_time, state.get()),
        "sd_event_add_time_relative");
  // A deadline must not wait behind a flood of bus messages.
  check(sd_event_source_set_priority(state->source, SD_EVENT_PRIORITY_IMPORTANT),
        "sd_event_source_set_priority");
  return std::make_unique<LoopTimer>(LoopSource(std::move(state)));
}

LoopSource EventLoop::add_io(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready) {
  return add_io(fd, events, std::move(ready), nullptr);
}

LoopSource EventLoop::add_io(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready,
                             std::function<void()> prepare) {
  auto state = std::make_shared<LoopSource::State>();
  state->ready = std::move(ready);
  state->prepare = std::move(prepare);
  check(sd_event_add_io(event_, &state->source, fd, events, LoopSource::State::on_io, state.get()),
        "sd_event_add_io");
  LoopSource source(state);
  if (state->prepare)
    check(sd_event_source_set_prepare(state->source, LoopSource::State::on_prepare),
          "sd_event_source_set_prepare");
  return source;
}

LoopSource EventLoop::add_timer(std::function<void()> elapsed) {
  auto state = std::make_shared<LoopSource::State>();
  state->ready = [elapsed = std::move(elapsed)](std::uint32_t) { elapsed(); };
  check(sd_event_add_time(event_, &state->source, CLOCK_MONOTONIC, UINT64_MAX, kAccuracyUsec,
                          LoopSource::State::on_time, state.get()),
        "sd_event_add_time");
  LoopSource source(state);
  check(sd_event_source_set_enabled(state->source, SD_EVENT_OFF), "sd_event_source_set_enabled");
  return source;
}

LoopSource EventLoop::add_signal(int signal_number, std::function<void()> received) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, signal_number);
  check(-pthread_sigmask(SIG_BLOCK, &signals, nullptr), "pthread_sigmask");
  auto state = std::make_shared<LoopSource::State>();
  state->ready = [received = std::move(received)](std::uint32_t) { received(); };
  check(sd_event_add_signal(event_, &state->source, signal_number, LoopSource::State::on_signal, state.get()),
        "sd_event_add_signal");
  return LoopSource(std::move(state));
}

void EventLoop::post(std::function<void()> body) {
  posted_.push_back(std::move(body));
  sd_event_source_set_enabled(posted_source_.get(), SD_EVENT_ONESHOT);
}

void EventLoop::run_posted() {
  // What is posted meanwhile waits for the next turn, so that nobody can keep the loop from its other
  // sources.
  auto bodies = std::exchange(posted_, {});
  for (auto& body : bodies) guard("event loop", body);
  if (!posted_.empty()) sd_event_source_set_enabled(posted_source_.get(), SD_EVENT_ONESHOT);
}

void EventLoop::keep_watchdog() { check(sd_event_set_watchdog(event_, 1), "sd_event_set_watchdog"); }

int EventLoop::run() { return sd_event_loop(event_); }

void EventLoop::exit(int code) { sd_event_exit(event_, code); }

bool EventLoop::turn(std::chrono::milliseconds at_most) {
  const auto usec = std::chrono::microseconds(at_most).count();
  return sd_event_run(event_, static_cast<std::uint64_t>(usec)) >= 0 &&
         sd_event_get_state(event_) != SD_EVENT_FINISHED;
}

}  // namespace switchback
