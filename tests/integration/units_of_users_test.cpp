// SPDX-License-Identifier: MIT
// The system's manager on a bus, and a user's on its private socket, as one.
#include "activator/adapters/units_of_users.hpp"

#include "tests/integration/fake_manager.hpp"
#include "tests/integration/private_bus.hpp"
#include "tests/integration/private_manager.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;

namespace {

struct World {
  EventLoop loop;
  PrivateBus daemon;
  FakeManager systemd{loop, daemon.address()};
  PrivateManager alices;
  Bus bus{loop, daemon.address()};
  SystemdUnits system{bus, loop};
  bool alice_runs = true;
  UnitsOfUsers units{system, loop,
                     [this](const std::string& user) {
                       return user == "alice" && alice_runs ? alices.socket() : std::string("/nowhere");
                     },
                     SWITCHBACK_ACTIVATOR};

  std::map<std::string, std::string> start(const std::vector<std::string>& names) {
    std::vector<UnitName> all;
    for (const auto& name : names) all.push_back(*UnitName::parse_any(name));
    Answer<Result<std::vector<JobResult>>> answer;
    units.run_jobs(JobVerb::start, all, 20s, answer.callback());
    const auto& jobs = answer.await(loop);
    INFO((jobs ? "" : jobs.error().message));
    REQUIRE(jobs);
    std::map<std::string, std::string> told;
    for (const auto& job : *jobs) told[job.unit.text()] = job.error.empty() ? job.result : job.error;
    return told;
  }
};

}  // namespace

TEST_CASE("jobs go to the managers whose units they are for, and are answered together", "[users]") {
  World world;
  world.systemd.unit("web.service");
  world.systemd.jobs_end_at_once = true;
  world.units.include({"alice", "nobody"});
  const auto told = world.start({"web.service", "alice/web.service", "nobody/web.service"});
  CHECK(told.at("web.service") == "done");
  CHECK(told.at("alice/web.service") == "done");
  CHECK(told.at("nobody/web.service") == "the manager of its user does not run");
  CHECK(world.alices.started() == std::vector<std::string>{"web.service"});
  CHECK(world.systemd.count("StartUnit web.service") == 1);
}

TEST_CASE("the units of a user whose manager has gone are not there", "[users]") {
  World world;
  world.units.include({"alice"});
  world.alice_runs = false;
  Answer<Result<Snapshot>> answer;
  world.units.read({*UnitName::parse_any("alice/web.service")}, answer.callback());
  const auto& read = answer.await(world.loop);
  REQUIRE(read);
  CHECK(read->at(*UnitName::parse_any("alice/web.service")).load == "not-found");
}
