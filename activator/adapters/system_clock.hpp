// SPDX-License-Identifier: MIT
// The kernel's clocks. Source: clock_gettime(2).
#pragma once

#include "activator/ports/host.hpp"

namespace switchback {

class SystemClock : public Clock {
 public:
  [[nodiscard]] std::int64_t boottime_ms() override;
  [[nodiscard]] std::int64_t realtime_ms() override;
};

}  // namespace switchback
