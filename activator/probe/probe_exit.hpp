// SPDX-License-Identifier: MIT
// What the probe ends with, for the activator that has started it; its first line of output says why.
#pragma once

namespace switchback {

enum class ProbeExit : int {
  passed = 0,
  missed = 1,
  impossible = 2,  // the question itself cannot be asked
};

}  // namespace switchback
