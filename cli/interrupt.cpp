// SPDX-License-Identifier: MIT
#include "cli/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace switchback {
namespace {

std::atomic<int> interrupts{0};
std::atomic<const Waker*> woken{nullptr};

extern "C" void count_interrupt(int /*signal*/) {
  interrupts.fetch_add(1);
  if (const auto* waker = woken.load()) waker->wake();
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

SignalInterrupt::SignalInterrupt() {
  interrupts = 0;
  woken = &waker_;
  handle(SIGINT, count_interrupt);
  handle(SIGTERM, count_interrupt);
}

SignalInterrupt::~SignalInterrupt() {
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
  woken = nullptr;
}

int SignalInterrupt::count() const { return interrupts.load(); }

}  // namespace switchback
