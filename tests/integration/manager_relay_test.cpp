// SPDX-License-Identifier: MIT
// The way to PID 1 past a system bus that is away, through the relay as it is shipped.
#include "activator/adapters/manager_relay.hpp"

#include "activator/adapters/bus_dialect.hpp"
#include "activator/adapters/systemd_units.hpp"
#include "tests/integration/fake_manager.hpp"
#include "tests/integration/private_bus.hpp"
#include "tests/integration/private_manager.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Jobs = Result<std::vector<JobResult>>;

namespace {

const std::vector<std::string> kBusUnits{"dbus.socket", "dbus.service"};

struct World {
  explicit World(std::set<std::string> unstartable = {})
      : pid1(std::move(unstartable), [this](const std::string& unit) {
          if (unit == "dbus.service" && !daemon.runs()) daemon.start();
        }) {}
  EventLoop loop;
  PrivateBus daemon;
  PrivateManager pid1;
  Bus bus{loop, daemon.address(), way_to_manager(SWITCHBACK_ACTIVATOR, pid1.socket())};
  SystemdUnits units{bus, loop};

  Reach secure() {
    Answer<Reach> answer;
    units.secure(answer.callback());
    run_until(
        loop, "secure()", [&] { return answer.arrived(); }, 40s);
    return answer.await(loop);
  }
  std::string result_of_a_job() {
    Answer<Jobs> answer;
    units.run_jobs(JobVerb::start, {*UnitName::parse("web.service")}, 20s, answer.callback());
    const auto& jobs = answer.await(loop);
    REQUIRE(jobs);
    return jobs->front().result;
  }
};

}  // namespace

TEST_CASE("a bus that was stopped is started past it, and what jobs come to is heard there", "[relay]") {
  World world;
  world.daemon.stop();
  CHECK(world.secure() == Reach::bus_started);
  CHECK(world.bus.goes_around());
  CHECK(world.pid1.started() == kBusUnits);
}

TEST_CASE("with a bus that cannot be started, jobs are run without it", "[relay]") {
  World world({"dbus.socket", "dbus.service"});
  world.daemon.stop();
  CHECK(world.secure() == Reach::without_bus);
  CHECK(world.result_of_a_job() == "done");
}

TEST_CASE("a bus that is stuck is found out, and jobs are run without it", "[relay]") {
  World world;
  run_until(world.loop, "a connection", [&] { return world.bus.connected(); });
  world.daemon.freeze();
  CHECK(world.secure() == Reach::without_bus);
  CHECK(world.bus.goes_around());
  CHECK(world.pid1.started() == kBusUnits);
  CHECK(world.result_of_a_job() == "done");
}

TEST_CASE("a bus that is there is not gone around, also when it is restarted", "[relay]") {
  World world;
  CHECK(world.secure() == Reach::over_bus);
  world.daemon.stop();
  run_until(world.loop, "the loss", [&] { return !world.bus.connected(); });
  world.daemon.start();
  run_until(world.loop, "a connection", [&] { return world.bus.connected(); });
  CHECK_FALSE(world.bus.goes_around());
  CHECK(world.pid1.started().empty());
}

TEST_CASE("a bus that is away is waited for until somebody must not wait, and again after that", "[relay]") {
  World world({"dbus.service"});
  world.daemon.stop();
  run_for(world.loop, 3s);
  CHECK_FALSE(world.bus.connected());
  CHECK(world.secure() == Reach::without_bus);
  CHECK(world.bus.goes_around());
  world.units.relax();
  run_until(world.loop, "the end of the detour", [&] { return !world.bus.connected(); });
  run_for(world.loop, 3s);
  CHECK_FALSE(world.bus.connected());
  world.daemon.start();
  run_until(world.loop, "a connection", [&] { return world.bus.connected(); });
  CHECK_FALSE(world.bus.goes_around());
}

TEST_CASE("what arrives in pieces is understood as what arrives at once", "[relay]") {
  // AUTH as sd-bus says it, and a Hello with serial number 1.
  const std::string auth("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n", 29);
  std::string fields("\x01\x01o\0\x15\0\0\0/org/freedesktop/DBus\0\0\0", 32);
  fields += std::string("\x06\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0", 32);
  fields += std::string("\x03\x01s\0\x05\0\0\0Hello\0", 14);
  std::string hello("l\x01\0\x01\0\0\0\0\x01\0\0\0", 12);
  hello += std::string{static_cast<char>(fields.size()), 0, 0, 0} + fields;
  hello.resize((hello.size() + 7) / 8 * 8);

  std::string to_manager;
  std::string to_client;
  BusDialect at_once;
  REQUIRE(at_once.from_client(auth + hello, to_manager, to_client));
  CHECK(to_manager == auth);
  CHECK(to_client.find(":1.1") != std::string::npos);

  std::string in_pieces;
  BusDialect piecewise;
  for (const char byte : auth + hello) {
    REQUIRE(piecewise.from_client(std::string(1, byte), to_manager, in_pieces));
  }
  CHECK(in_pieces == to_client);
  CHECK(to_manager == auth + auth);
}
