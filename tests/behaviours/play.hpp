// SPDX-License-Identifier: MIT
// Deploys a behaviour to a booted host as a user would, with all of the command's defaults, and tells what
// came of it. Leaves the host as it was found.
#pragma once

#include "tests/behaviours/behaviour.hpp"
#include "tests/support/testhost/test_host.hpp"

#include <string>

namespace switchback::test {

struct Seen {
  std::string outcome;   // as the host's history has it; what the command said when there is none
  std::string cause;     // the first
  std::string terminal;  // what a person read, at 80 columns
  std::string problem;   // what else is not as it should be; empty: nothing
  double seconds = 0;    // from the command's begin to its end
};

Seen play(TestHost& host, const Behaviour& behaviour);

/// Whether nothing of a behaviour is left on the host, so that the next may be played there.
bool tidied(TestHost& host, const Behaviour& behaviour);

}  // namespace switchback::test
