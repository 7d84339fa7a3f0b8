// SPDX-License-Identifier: MIT
// What crashes, cuts and full disks leave behind, and how the engine finds its way out of it.
#include "tests/unit/kinds.hpp"

#include <string>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("what the old script did is on disk before the record says reverted", "[recovery]") {
  ScriptHost host;
  int syncs_before = 0;
  host.world.programs->effects["/profiles/root/app/deploy-rs-activate"] = [&](const ProgramRun&) {
    syncs_before = host.world.host->syncs;
    return ProgramEnd{true, 0, "", {}};
  };
  const auto id = host.world.activate_until(host.world.request(host.add("app-2"), ConfirmMode::automatic),
                                            Phase::awaiting_confirmation);
  SECTION("in the same boot") { (void)host.world.engine->cancel({id, ""}); }
  SECTION("after a reboot") { host.world.reboot(); }
  CHECK(host.world.await_outcome().outcome == Outcome::reverted);
  CHECK(host.world.host->syncs > syncs_before);
}

TEST_CASE(
    "a commit that is in the record is concluded while the disk is full, and later moved into the history",
    "[recovery]") {
  World world;
  const auto id = world.activate_until(world.request(world.closure("web-1"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  REQUIRE(world.confirm(id));
  world.disk.full = true;
  world.kill_activator();
  world.loop.pass(std::chrono::minutes{1});
  world.disk.full = false;
  CHECK(world.loop.run_until([&] { return !world.engine->is_running(); }));
  CHECK_FALSE(world.disk.record);
  CHECK(world.disk.history.size() == 1);
  CHECK(world.confirm(id)->outcome->outcome == Outcome::committed);
}

TEST_CASE("after a soft reboot the trial's units, which it has started again, are replaced by the old ones",
          "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  const auto phase = GENERATE(Phase::observing, Phase::awaiting_confirmation);
  (void)world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic), phase);
  world.soft_reboot();
  REQUIRE(world.running_closure() == "web-2");  // the generator has found the trial in /run
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.systemd->jobs == std::vector<std::string>{"stop web.service", "daemon-reload",
                                                        "stop web.service", "start web.service"});
  CHECK(world.running_closure() == "web-1");
  CHECK(world.run.trial.empty());
}

TEST_CASE("after a soft reboot the trial's system, which still is the current one, is switched back",
          "[recovery]") {
  NixosHost host;
  (void)host.world.activate_until(host.request(host.add_system("nixos-2"), ConfirmMode::automatic),
                                  Phase::awaiting_confirmation);
  host.world.soft_reboot();
  CHECK(host.world.await_outcome().outcome == Outcome::reverted);
  CHECK(host.world.programs->runs.back() == NixosHost::program(host.old_system) + " test");
  host.check_runs("nixos-1");
}

TEST_CASE("a soft reboot amid the commit sets everything back, unless the new copies were current",
          "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  world.engine->confirm({id}, world.loop.boottime_ms(), [](const Result<ActivationStatus>&) {});
  world.soft_reboot();
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.running_closure() == "web-1");
  CHECK(world.profile_closure() == "web-1");
  CHECK(world.committed_closure() == "web-1");
  CHECK(world.systemd->jobs.front() == "stop web.service");
}

TEST_CASE(
    "a script's trial is on disk before it is observed: a commit goes forward from it after a power cut",
    "[recovery]") {
  ScriptHost host;
  int syncs_before = 0;
  host.world.programs->effects["/profiles/root/app/deploy-rs-activate"] = [&](const ProgramRun&) {
    syncs_before = host.world.host->syncs;
    return ProgramEnd{true, 0, "", {}};
  };
  const auto id = host.world.activate_until(host.world.request(host.add("app-2"), ConfirmMode::automatic),
                                            Phase::observing);
  CHECK(host.world.host->syncs > syncs_before);
  host.world.await_phase(Phase::awaiting_confirmation);
  host.world.engine->confirm({id}, host.world.loop.boottime_ms(), [](const Result<ActivationStatus>&) {});
  host.world.reboot();
  CHECK(host.world.await_outcome().outcome == Outcome::committed);
  CHECK(host.profile() == "app-2");
}

TEST_CASE(
    "a boot that cannot be told from others yet is asked about again, and the trial reverted in the end",
    "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  (void)world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                             Phase::awaiting_confirmation);
  world.host->boot_answers = false;
  world.kill_activator();
  world.loop.pass(std::chrono::seconds{10});
  CHECK(world.engine->is_running());  // it must not exit as if it were idle
  CHECK(world.engine->activate(world.request(store_path("web-1")), "alice").error().code == Errc::corrupt);
  world.host->boot_answers = true;
  CHECK(world.loop.run_until([&] { return !world.engine->is_running(); }));
  CHECK(world.running_closure() == "web-1");
  CHECK_FALSE(world.disk.record);
}

TEST_CASE("a store that is not mounted yet is waited for: no profile has been moved by that", "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  (void)world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                             Phase::awaiting_confirmation);
  world.host->store_is_there = false;
  world.reboot();
  world.loop.pass(std::chrono::seconds{10});
  CHECK(world.engine->is_running());
  CHECK(world.disk.record);
  world.host->store_is_there = true;
  CHECK(world.loop.run_until([&] { return !world.engine->is_running(); }));
  CHECK(world.running_closure() == "web-1");
  CHECK_FALSE(world.disk.record);
}

TEST_CASE("an end that the full disk keeps out of the history is written down once there is room",
          "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  world.disk.full = true;
  REQUIRE(world.engine->cancel({id, ""}));
  world.loop.pass(std::chrono::minutes{5});
  CHECK(world.running_closure() == "web-1");
  CHECK(world.engine->is_running());  // the activator must not go: nobody would come back for it
  CHECK(world.engine->activate(world.request(store_path("web-1")), "alice").error().code == Errc::corrupt);
  world.disk.full = false;
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK_FALSE(world.disk.record);
  CHECK(world.disk.history.size() == 2);
  CHECK(world.activate(world.request(store_path("web-1"))).outcome == Outcome::committed);
}

TEST_CASE("what a boot amid a broken commit has brought up is not known: the revert is done in full",
          "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  world.host->disks = fail(Errc::io, "the disk is broken");
  const auto listening = world.engine->watch({id, 0}, [&](const Event& event) {
    const auto* entered = std::get_if<PhaseEvent>(&event.body);
    // From now on nothing can be set back.
    if (entered != nullptr && entered->phase == Phase::reverting) world.disk.full = true;
  });
  world.engine->confirm({id}, world.loop.boottime_ms(), [](const Result<ActivationStatus>&) {});
  world.await_phase(Phase::reverting);
  world.host->disks = {};
  world.disk.full = false;
  world.reboot();
  REQUIRE(world.running_closure() == "web-2");  // its copies had become the committed ones
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.systemd->jobs == std::vector<std::string>{"stop web.service", "daemon-reload",
                                                        "stop web.service", "start web.service"});
  CHECK(world.committed_closure() == "web-1");
  CHECK(world.profile_closure() == "web-1");
}

TEST_CASE(
    "a unit that traffic has started again between its stop and the reload does not go on by the old "
    "definition",
    "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  // As a socket would: as soon as it is stopped, and only until the reload.
  const auto start_when_stopped = [&] {
    (void)world.loop.run_until([&] { return world.systemd->active_state("web.service") == "inactive"; });
    world.systemd->set_active("web.service", "active");
    world.systemd->set_invocation("web.service", "by traffic");
  };
  const auto invocation = [&] { return world.systemd->invocation("web.service"); };
  const auto request = world.request(world.closure("web-2"), ConfirmMode::automatic);
  SECTION("in the trial") {
    REQUIRE(world.engine->activate(request, "root"));
    world.follow(request.id);
    start_when_stopped();
    world.await_phase(Phase::awaiting_confirmation);
    CHECK(invocation() != "by traffic");
  }
  SECTION("in the revert") {
    const auto id = world.activate_until(request, Phase::awaiting_confirmation);
    REQUIRE(world.engine->cancel({id, ""}));
    start_when_stopped();
    CHECK(world.await_outcome().outcome == Outcome::reverted);
    CHECK(invocation() != "by traffic");
  }
}

namespace {

std::string warnings(const World& world) {
  std::string all;
  for (const auto& event : world.events) {
    if (const auto* warning = std::get_if<WarningEvent>(&event.body)) all += warning->message + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("a revert does not wait for a system bus that was stopped in the trial", "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  (void)world.activate_until(world.request(world.closure("web-2")), Phase::observing);
  SECTION("it starts it again") {
    world.systemd->stop_bus(Reach::bus_started);
    CHECK(world.await_outcome().outcome == Outcome::reverted);
    CHECK_THAT(warnings(world), ContainsSubstring("the revert started it again"));
  }
  SECTION("it goes on without one that cannot be started") {
    world.systemd->stop_bus(Reach::without_bus);
    CHECK(world.await_outcome().outcome == Outcome::reverted);
    CHECK_THAT(warnings(world), ContainsSubstring("goes on without it"));
  }
  CHECK(world.running_closure() == "web-1");
}

TEST_CASE("a revert that an activator before this one began does not wait for the bus either", "[recovery]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  const auto id = world.activate_until(world.request(world.closure("web-2")), Phase::observing);
  REQUIRE(world.engine->cancel({id, ""}));
  SECTION("while it switched back") {}
  SECTION("while it looked at the result") {
    (void)world.loop.run_until([&] { return world.running_closure() == "web-1"; });
    (void)world.loop.run_until(
        [&] { return world.disk.record->find("\"observing\":true") != std::string::npos; });
  }
  world.systemd->stop_bus(Reach::bus_started);
  world.kill_activator();
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.running_closure() == "web-1");
}
