// SPDX-License-Identifier: MIT
// A plan beside what did happen, as the engine tells it.
#include "tests/support/catch.hpp"
#include "tests/support/fakes/world.hpp"

using namespace switchback;
using namespace switchback::test;

namespace {

std::string deviations_of(const World& world) {
  std::string out;
  for (const auto& event : world.events) {
    const auto* deviation = std::get_if<DeviationEvent>(&event.body);
    if (deviation == nullptr) continue;
    out += (out.empty() ? "" : ", ") + std::string(text(deviation->planned)) + "→" +
           std::string(text(deviation->happened)) + " " + deviation->unit;
  }
  return out;
}

}  // namespace

TEST_CASE("a switch that goes as planned has no deviations", "[engine]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  CHECK(deviations_of(world).empty());
  REQUIRE(world.activate(world.request(world.closure("web-2"))).outcome == Outcome::committed);
  CHECK(deviations_of(world).empty());
}

TEST_CASE("a unit that another one pulled along is told", "[engine]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  REQUIRE(world.activate(world.request(world.closure("web-2", "Restarts=ssh.service"))).outcome ==
          Outcome::committed);
  CHECK(deviations_of(world) == "keep→restart ssh.service");
}

TEST_CASE("a unit that was to be started and was not is told, by an activation that is kept too",
          "[engine]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1", "Condition=no"))).outcome ==
          Outcome::committed);
  CHECK(deviations_of(world) == "start→keep web.service");
}

TEST_CASE("of a dry run and of the same closure again nothing is compared", "[engine]") {
  World world;
  const auto closure = world.closure("web-1", "Restarts=ssh.service");
  auto request = world.request(closure);
  request.mode = Mode::dry_run;
  REQUIRE(world.activate(request).outcome == Outcome::planned);
  CHECK(deviations_of(world).empty());
  REQUIRE(world.activate(world.request(closure)).outcome == Outcome::committed);
  REQUIRE(world.activate(world.request(closure)).outcome == Outcome::committed);
  CHECK(deviations_of(world).empty());
}
