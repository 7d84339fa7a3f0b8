// SPDX-License-Identifier: MIT
// Programs as transient units: how they end is told once and truly, whatever becomes of the bus meanwhile,
// and nothing of them lingers. The «processes» are the test's own; transient_process_test.cpp has real ones.
#include "activator/adapters/transient_runner.hpp"

#include "tests/integration/fake_manager.hpp"
#include "tests/integration/private_bus.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

#include <csignal>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct World {
  EventLoop loop;
  PrivateBus daemon;
  FakeManager systemd{loop, daemon.address()};
  Bus bus{loop, daemon.address()};
  TransientRunner runner{bus, loop};
  Answer<TransientResult> answer;

  World() { systemd.jobs_end_at_once = true; }

  std::string run(std::chrono::milliseconds deadline = 20s, const std::string& unit = "") {
    TransientCommand command;
    command.argv = {"/bin/switch", "test"};
    command.deadline = deadline;
    command.unit = unit;
    return runner.run(command, nullptr, answer.callback());
  }
  /// Runs, until systemd has it.
  FakeUnit& run_started(std::chrono::milliseconds deadline = 20s) {
    const auto unit = run(deadline);
    run_until(loop, "its start", [&] { return systemd.count("StartTransientUnit " + unit) > 0; });
    return systemd.unit(unit);
  }
  void exits(FakeUnit& unit, int status) {
    unit.exec_code = CLD_EXITED;
    unit.exec_status = status;
    unit.result = status == 0 ? "success" : "exit-code";
    unit.set(status == 0 ? "active" : "failed", status == 0 ? "exited" : "failed");
  }
  TransientResult await() { return answer.await(loop); }
  void lose_bus() {
    daemon.stop();
    run_until(loop, "the loss", [&] { return !bus.connected(); });
  }
  void restore_bus() {
    daemon.start();
    systemd.connect();
  }
};

}  // namespace

TEST_CASE("a program that ends is answered with its exit status, and systemd forgets its unit",
          "[transient]") {
  World world;
  auto& unit = world.run_started();
  const int status = GENERATE(0, 3);
  world.exits(unit, status);
  world.systemd.tell(unit.name);
  const auto result = world.await();
  CHECK(result.end == TransientEnd::exited);
  CHECK(result.status == status);
  CHECK(result.succeeded() == (status == 0));
  CHECK(unit.load == "not-found");
  CHECK(world.answer.count() == 1);
}

TEST_CASE("an end that nobody told of is found by looking", "[transient]") {
  World world;
  auto& unit = world.run_started();
  world.exits(unit, 4);
  CHECK(world.await().status == 4);
}

TEST_CASE("a program that a signal killed is no success, even a signal that systemd calls clean",
          "[transient]") {
  World world;
  auto& unit = world.run_started();
  unit.exec_code = CLD_KILLED;
  unit.exec_status = SIGTERM;
  unit.set("active", "exited");
  world.systemd.tell(unit.name);
  const auto result = world.await();
  CHECK(result.end == TransientEnd::killed);
  CHECK(result.status == SIGTERM);
  CHECK_FALSE(result.succeeded());
  CHECK_THAT(result.describe(), ContainsSubstring("signal 15 (Terminated)"));
}

TEST_CASE("what systemd cannot start is told with its reason", "[transient]") {
  World world;
  SECTION("it refuses the unit") {
    world.systemd.refusals["switchback-run-x.service"] = {"org.freedesktop.DBus.Error.InvalidArgs",
                                                          "Path bin is not absolute."};
    world.run(20s, "switchback-run-x.service");
    CHECK_THAT(world.await().describe(), ContainsSubstring("Path bin is not absolute."));
  }
  SECTION("it cannot execute the program") {
    world.systemd.on_transient = [&](FakeUnit& unit) {
      unit.active_enter = 0;
      world.exits(unit, 203);
    };
    world.run();
    CHECK_THAT(world.await().describe(), ContainsSubstring("203"));
  }
  SECTION("a unit of that name is there already, and stays") {
    world.systemd.unit("switchback-run-x.service").transient = true;
    world.systemd.unit("switchback-run-x.service").set("active", "running");
    world.run(20s, "switchback-run-x.service");
    CHECK_THAT(world.await().describe(), ContainsSubstring("switchback-run-x.service already"));
    CHECK(world.systemd.unit("switchback-run-x.service").active == "active");
  }
  SECTION("the name is no name") {
    CHECK(world.run(20s, "../x") == "../x");
    CHECK_FALSE(world.answer.arrived());
  }
  CHECK(world.await().end == TransientEnd::not_started);
}

TEST_CASE("a unit that somebody stopped, or that is gone, ended in an unknown way", "[transient]") {
  World world;
  auto& unit = world.run_started();
  SECTION("stopped") {
    unit.exec_code = CLD_EXITED;  // it may have ended well on being asked to
    unit.set("inactive", "dead");
  }
  SECTION("gone") {
    unit.set("inactive", "dead");
    unit.load = "not-found";
  }
  world.systemd.tell(unit.name);
  CHECK(world.await().end == TransientEnd::unknown);
}

TEST_CASE("a unit that a reload could not read again still runs", "[transient]") {
  World world;
  auto& unit = world.run_started();
  unit.load = GENERATE(as<std::string>(), "bad-setting", "not-found");
  world.systemd.tell(unit.name);
  run_for(world.loop, 100ms);
  CHECK_FALSE(world.answer.arrived());
  world.exits(unit, 0);
  world.systemd.tell(unit.name);
  CHECK(world.await().succeeded());
}

TEST_CASE("a unit whose start waits for others is waited for", "[transient]") {
  World world;
  world.systemd.jobs_end_at_once = false;
  world.systemd.on_transient = [&](FakeUnit& unit) { unit.set("activating", "start"); };
  auto& unit = world.run_started();
  world.systemd.tell(unit.name);
  run_for(world.loop, 100ms);
  CHECK_FALSE(world.answer.arrived());
  world.systemd.jobs_end_at_once = true;
  world.exits(unit, 0);
  world.systemd.tell(unit.name);
  CHECK(world.await().succeeded());
}

TEST_CASE("a program is stopped at its deadline, or when it is cancelled", "[transient]") {
  World world;
  SECTION("deadline") {
    auto& unit = world.run_started(200ms);
    CHECK(world.await().end == TransientEnd::timed_out);
    CHECK(world.systemd.count("StopUnit " + unit.name) == 1);
    CHECK(unit.load == "not-found");
  }
  SECTION("cancel") {
    auto& unit = world.run_started();
    world.runner.cancel(unit.name);
    CHECK(world.await().end == TransientEnd::canceled);
    CHECK(unit.load == "not-found");
  }
  SECTION("systemd kept the deadline") {
    auto& unit = world.run_started();
    unit.exec_code = CLD_KILLED;
    unit.exec_status = SIGTERM;
    unit.result = "timeout";
    unit.set("failed", "failed");
    world.systemd.tell(unit.name);
    CHECK(world.await().end == TransientEnd::timed_out);
  }
  CHECK(world.answer.count() == 1);
}

TEST_CASE("what does not stop is killed as a group, and forgotten", "[transient]") {
  World world;
  world.systemd.jobs_end_at_once = false;
  auto& unit = world.run_started();
  world.runner.cancel(unit.name);
  CHECK(world.await().end == TransientEnd::canceled);
  CHECK(world.systemd.count("KillUnit " + unit.name + " all 9") == 1);
  CHECK(world.systemd.count("ResetFailedUnit " + unit.name) == 1);
  CHECK(unit.load == "not-found");
}

TEST_CASE("a bus that goes while a program runs does not lose how it ended", "[transient]") {
  World world;
  auto& unit = world.run_started();
  world.lose_bus();
  world.exits(unit, 0);
  world.restore_bus();
  CHECK(world.await().succeeded());
  CHECK(world.systemd.count("StartTransientUnit " + unit.name) == 1);
}

TEST_CASE("a start whose acknowledgement was lost is not repeated when it took place", "[transient]") {
  World world;
  world.systemd.on_transient = [&](FakeUnit&) { world.daemon.stop(); };
  auto& unit = world.run_started();
  run_until(world.loop, "the loss", [&] { return !world.bus.connected(); });
  world.restore_bus();
  run_for(world.loop, 300ms);
  world.exits(unit, 0);
  CHECK(world.await().succeeded());
  CHECK(world.systemd.count("StartTransientUnit " + unit.name) == 1);
}

TEST_CASE("a start that never arrived is asked for again", "[transient]") {
  World world;
  bool lost = false;
  world.systemd.on_call = [&](const std::string& call) {
    if (!call.starts_with("StartTransientUnit") || lost) return;
    lost = true;
    world.daemon.stop();
    throw compat::make_error("org.example.Never", "the call never reached systemd");
  };
  const auto name = world.run();
  run_until(world.loop, "the loss", [&] { return lost && !world.bus.connected(); });
  world.systemd.unit(name).load = "not-found";
  world.restore_bus();
  run_until(world.loop, "another start",
            [&] { return world.systemd.count("StartTransientUnit " + name) == 2; });
  world.exits(world.systemd.unit(name), 0);
  CHECK(world.await().succeeded());
}

TEST_CASE("a bus that stays away ends a run soon after its deadline", "[transient]") {
  World world;
  world.daemon.stop();
  world.run(100ms);
  const auto result = world.await();
  CHECK(result.end == TransientEnd::timed_out);
  CHECK_THAT(result.describe(), ContainsSubstring("could not be reached"));
}

TEST_CASE("what a run must not lack is asked of systemd", "[transient]") {
  World world;
  TransientCommand command;
  command.argv = {"/bin/switch", "$HOME"};
  command.environment = {{"PROFILE", "/nix/var/nix/profiles/web"}};
  command.directory = "/tmp";
  command.user = "web";
  command.activation = "0123456789abcdef0123456789abcdef";
  command.deadline = 60s;
  const auto name = world.runner.run(command, nullptr, world.answer.callback());
  CHECK(name == "switchback-run-0123456789abcdef0123456789abcdef.service");
  run_until(world.loop, "its start", [&] { return world.systemd.count("StartTransientUnit " + name) > 0; });
  const auto& properties = world.systemd.unit(name).properties;
  CHECK(properties.at("CollectMode").get<std::string>() == "inactive");
  CHECK(properties.at("RemainAfterExit").get<bool>());
  CHECK(properties.at("IgnoreOnIsolate").get<bool>());
  CHECK(properties.at("KillMode").get<std::string>() == "control-group");
  CHECK(properties.at("RuntimeMaxUSec").get<std::uint64_t>() == 62'000'000);
  CHECK(properties.at("User").get<std::string>() == "web");
  CHECK(properties.at("WorkingDirectory").get<std::string>() == "/tmp");
  CHECK(properties.at("Environment").get<std::vector<std::string>>() ==
        std::vector<std::string>{"PROFILE=/nix/var/nix/profiles/web"});
  const auto field = properties.at("LogExtraFields").get<std::vector<std::vector<std::uint8_t>>>().at(0);
  CHECK(std::string(field.begin(), field.end()) == "SWITCHBACK_ACTIVATION=" + command.activation);
  CHECK(world.systemd.unit(name).argv() == command.argv);
}

TEST_CASE("a run of an earlier activator can be ended, and one that is gone needs no ending", "[transient]") {
  World world;
  Answer<Status> abandoned;
  SECTION("it runs") {
    auto& unit = world.systemd.unit("switchback-run-x.service");
    unit.transient = true;
    unit.set("active", "running");
    world.runner.abandon(unit.name, abandoned.callback());
    CHECK(abandoned.await(world.loop));
    CHECK(unit.load == "not-found");
  }
  SECTION("it has failed") {
    auto& unit = world.systemd.unit("switchback-run-x.service");
    unit.transient = true;
    unit.set("failed", "failed");
    world.runner.abandon(unit.name, abandoned.callback());
    CHECK(abandoned.await(world.loop));
    CHECK(unit.load == "not-found");
  }
  SECTION("it is gone") {
    world.runner.abandon("switchback-run-x.service", abandoned.callback());
    CHECK(abandoned.await(world.loop));
  }
  SECTION("systemd is away") {
    world.daemon.stop();
    world.runner.abandon("switchback-run-x.service", abandoned.callback());
    const auto& status = abandoned.await(world.loop);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::unavailable);
  }
}

TEST_CASE("a unit that is said to be ended can be run again at once, also one that was just cancelled",
          "[transient]") {
  World world;
  const auto unit = world.run_started().name;
  world.runner.cancel(unit);
  Answer<TransientResult> again;
  world.runner.abandon(unit, [&](const Status& ended) {
    REQUIRE(ended);
    TransientCommand command;
    command.argv = {"/bin/switch", "test"};
    command.unit = unit;
    world.runner.run(command, nullptr, again.callback());
  });
  run_until(world.loop, "its second start",
            [&] { return again.arrived() || world.systemd.count("StartTransientUnit " + unit) == 2; });
  world.exits(world.systemd.unit(unit), 0);
  world.systemd.tell(unit);
  const auto& result = again.await(world.loop);
  INFO(result.describe());
  CHECK(result.succeeded());
  CHECK(world.await().end == TransientEnd::canceled);
}

TEST_CASE("a runner that goes leaves its program running and answers no more", "[transient]") {
  EventLoop loop;
  const PrivateBus daemon;
  FakeManager systemd(loop, daemon.address());
  Bus bus(loop, daemon.address());
  std::string name;
  bool answered = false;
  {
    TransientRunner runner(bus, loop);
    TransientCommand command;
    command.argv = {"/bin/switch"};
    name = runner.run(command, nullptr, [&](const TransientResult&) { answered = true; });
    run_until(loop, "its start", [&] { return systemd.count("StartTransientUnit " + name) > 0; });
  }
  systemd.unit(name).set("active", "exited");
  systemd.tell(name);
  run_for(loop, 100ms);
  CHECK_FALSE(answered);
  CHECK(systemd.count("StopUnit " + name) == 0);
}
