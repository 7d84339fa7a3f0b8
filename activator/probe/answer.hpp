// SPDX-License-Identifier: MIT
// What the probe found out, as values.
#pragma once

#include "activator/probe/probe_exit.hpp"

#include <string>

namespace switchback {

struct ProbeAnswer {
  ProbeExit exit = ProbeExit::missed;
  std::string reason;    // one line
  std::string output{};  // what was answered, its beginning
};

}  // namespace switchback
