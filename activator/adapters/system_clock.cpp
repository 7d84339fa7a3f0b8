// SPDX-License-Identifier: MIT
#include "activator/adapters/system_clock.hpp"

#include <ctime>

namespace switchback {
namespace {

std::int64_t read_ms(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::int64_t SystemClock::boottime_ms() { return read_ms(CLOCK_BOOTTIME); }
std::int64_t SystemClock::realtime_ms() { return read_ms(CLOCK_REALTIME); }

}  // namespace switchback
