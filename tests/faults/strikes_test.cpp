// SPDX-License-Identifier: MIT
// A small, fixed share of the campaign: one strike of each kind in the phases that matter most.
#include "tests/faults/hosts.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using namespace std::chrono_literals;

TEST_CASE("a host that is struck while it is deployed to ends on the old closure or the new one",
          "[faults]") {
  StruckHost host;
  const Strike strikes[] = {{Fault::kill, Deployed::slow, 900ms},
                            {Fault::kill, Deployed::good, 1300ms},
                            {Fault::kill, Deployed::bad, 1800ms},
                            {Fault::reexec, Deployed::good, 700ms},
                            {Fault::reexec, Deployed::bad, 1500ms},
                            {Fault::cut, Deployed::good, 1200ms},
                            {Fault::crash, Deployed::slow, 1600ms},
                            {Fault::crash, Deployed::bad, 2200ms},
                            {Fault::kill, Deployed::good, 0ms, "committing"},
                            {Fault::kill, Deployed::bad, 200ms, "reverting"},
                            {Fault::crash, Deployed::good, 0ms, "committing"},
                            {Fault::crash, Deployed::bad, 200ms, "reverting"}};
  for (const auto& strike : strikes) {
    const auto report = host.run(strike);
    INFO(text(strike.fault) << " after " << strike.delay.count() << " ms, " << report.phase);
    CHECK(report.broken == std::vector<std::string>());
    CHECK(report.ending != Ending::needs_person);
    if (!strike.phase.empty()) CHECK(report.phase == strike.phase);
    if (strike.deployed == Deployed::bad) CHECK(report.ending == Ending::reverted);
  }
}
