// SPDX-License-Identifier: MIT
// What the gate asks of systemd while it observes.
#include "tests/support/catch.hpp"
#include "tests/support/fakes/world.hpp"

#include <string>

using namespace switchback;
using namespace switchback::test;

TEST_CASE("a unit that changes costs one look at that unit, however many systemd has loaded", "[gate]") {
  World world;
  for (int i = 0; i < 1000; ++i) {
    const auto other = "other-" + std::to_string(i) + ".service";
    world.systemd->add_foreign(other, "/usr/lib/systemd/system/" + other);
  }
  auto request = world.request(world.closure("web-1", "CrashAfter=5"));
  request.gate.soak = std::chrono::seconds(10);
  world.activate_until(request, Phase::observing);
  world.systemd->reads.clear();
  world.systemd->lists = 0;
  world.await_phase(Phase::reverting);
  // One at the beginning, one for each poll until it crashed, and one for that.
  CHECK(world.systemd->reads.size() <= 4);
  CHECK_FALSE(world.systemd->reads.empty());
  for (const auto& read : world.systemd->reads) CHECK(read == std::set{*UnitName::parse("web.service")});
  CHECK(world.systemd->lists <= 3);
  CHECK(world.await_outcome().outcome == Outcome::reverted);
}

TEST_CASE("what stopped by another's failure is not blamed for it, though systemd tells of it first",
          "[gate]") {
  World world;
  const auto service = [](const std::string& name, const std::string& needs, const std::string& model) {
    const auto bound = needs.empty() ? "" : "BindsTo=" + needs + "\nAfter=" + needs + "\n";
    return UnitDirEntry{name,
                        "[Unit]\n" + bound +
                            "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n" +
                            "[X-Model]\n" + model + "\n",
                        ""};
  };
  auto request = world.request(world.closure_of("shop", {service("a-web.service", "b-app.service", ""),
                                                         service("b-app.service", "c-database.service", ""),
                                                         service("c-database.service", "", "CrashAfter=3")}));
  request.gate.soak = std::chrono::seconds(10);
  const auto outcome = world.activate(request);
  CHECK(outcome.outcome == Outcome::reverted);
  REQUIRE_FALSE(outcome.causes.empty());
  CHECK(outcome.causes.front().message == "c-database.service exited with status 1");
}
