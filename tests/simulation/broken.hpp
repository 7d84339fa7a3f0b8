// SPDX-License-Identifier: MIT
// Engines that are broken on purpose, each with a mistake that tools of this kind have really made: the real
// engine behind ports that make the mistake for it. They exist to show that the simulation would find it.
#pragma once

#include "tests/simulation/machine.hpp"

#include <string>
#include <vector>

namespace switchback::simulation {

struct BrokenEngine {
  std::string name;
  std::string mistake;  // as a sentence
  Tampering tampering;
};

[[nodiscard]] const std::vector<BrokenEngine>& broken_engines();

}  // namespace switchback::simulation
