// SPDX-License-Identifier: MIT
// NixOS systems that are booted into: the next boot alone is theirs until they are confirmed.
#include "tests/unit/kinds.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

TEST_CASE("the next boot alone is of the new system, which is committed there and nowhere else", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  const auto id = world.activate_until(boot.request(), Phase::awaiting_boot);
  CHECK(boot.loader.once == boot.next);
  CHECK(world.run.current_system->name() == "nixos-1");
  CHECK(boot.host.profile() == "nixos-1");
  CHECK(world.boot_system->name() == "nixos-1");
  // The old system's program has written the entries: the default stays its own.
  CHECK(programs_run(boot) == std::vector<std::string>{NixosHost::program(boot.host.old_system) + " boot"});
  CHECK(boot.loader.reboots == 0);
  world.reboot();
  world.await_phase(Phase::awaiting_confirmation);
  CHECK(world.run.current_system == boot.next);
  CHECK(boot.host.profile() == "nixos-1");
  CHECK(world.boot_system->name() == "nixos-1");
  REQUIRE(world.confirm(id));
  CHECK(world.await_outcome().outcome == Outcome::committed);
  boot.host.check_runs("nixos-2");
  CHECK(world.boot_system == boot.next);
}

TEST_CASE("a boot that is asked for with a reboot asks for it by itself", "[boot]") {
  Boot boot;
  auto request = boot.request(ConfirmMode::none);
  request.reboot = true;
  (void)boot.host.world.activate_until(request, Phase::awaiting_boot);
  REQUIRE(boot.host.world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  SECTION("and is observed after it") {
    boot.host.world.reboot();
    CHECK(boot.host.world.await_outcome().outcome == Outcome::committed);
    boot.host.check_runs("nixos-2");
  }
  SECTION("again, if the activator dies before it") {
    boot.host.world.kill_activator();
    CHECK(boot.host.world.loop.run_until([&] { return boot.loader.reboots == 2; }));
  }
  SECTION("and is withdrawn when the host does not go down") {
    const auto outcome = boot.host.world.await_outcome();
    CHECK(outcome.outcome == Outcome::reverted);
    CHECK_THAT(outcome.causes.front().message, ContainsSubstring("did not go down"));
    boot.check_old();
  }
}

TEST_CASE("a cancel calls no reboot off that was asked for, and it is of the old system", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  auto request = boot.request();
  request.reboot = true;
  const auto id = world.activate_until(request, Phase::awaiting_boot);
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  REQUIRE(world.engine->cancel({id, "not today"}));
  CHECK(told(world, "a reboot was asked for already, and cannot be called off"));
  SECTION("since it is withdrawn at once") {
    REQUIRE(world.loop.run_until([&] { return !boot.loader.once; }));
  }
  SECTION("since it is left, where the host was faster") {
    boot.loader.once = boot.next;
    world.reboot();
    CHECK(world.run.current_system == boot.next);
    REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 2; }));
  }
  world.reboot();
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("cancelled: not today"));
  boot.check_old();
}

TEST_CASE("a boot that was waited for is withdrawn", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  const auto id = world.activate_until(boot.request(), Phase::awaiting_boot);
  std::string says;
  SECTION("when it is cancelled") {
    REQUIRE(world.engine->cancel({id, "not today"}));
    says = "not today";
  }
  SECTION("when nobody has booted the host in time") { says = "was not booted within 600 s"; }
  SECTION("when the host came up with the old system") {
    boot.loader.once.reset();
    world.reboot();
    says = "came up with the old closure";
  }
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring(says));
  boot.check_old();
}

TEST_CASE("an activator that dies while a boot is waited for waits on", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  (void)world.activate_until(boot.request(), Phase::awaiting_boot);
  world.kill_activator();
  SECTION("as long as before") {
    CHECK(world.await_outcome().outcome == Outcome::reverted);
    boot.check_old();
  }
  SECTION("and a userspace that is started anew is not the boot that is waited for") {
    world.soft_reboot();
    CHECK(boot.loader.once == boot.next);
    world.reboot();
    world.await_phase(Phase::awaiting_confirmation);
    CHECK(world.run.current_system == boot.next);
  }
}

TEST_CASE("a boot that fails is gone back from by another one", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  const auto id = world.activate_until(boot.request(), Phase::awaiting_boot);
  std::string says;
  SECTION("since a unit fails that did not before") {
    world.reboot();
    world.systemd->add_foreign("db.service", "/etc/systemd/system/db.service");
    world.systemd->set_active("db.service", "failed");
    says = "db.service";
  }
  SECTION("since it is not confirmed") {
    world.reboot();
    says = "no confirmation arrived";
  }
  SECTION("since it is cancelled") {
    world.reboot();
    world.await_phase(Phase::observing);
    REQUIRE(world.engine->cancel({id, ""}));
    says = "cancelled";
  }
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  world.reboot();
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring(says));
  boot.check_old();
}

TEST_CASE("what had failed before the boot may fail after it", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  world.systemd->add_foreign("old.service", "/etc/systemd/system/old.service");
  world.systemd->set_active("old.service", "failed");
  (void)world.activate_until(boot.request(ConfirmMode::none), Phase::awaiting_boot);
  world.reboot();
  world.systemd->add_foreign("old.service", "/etc/systemd/system/old.service");
  world.systemd->set_active("old.service", "failed");
  CHECK(world.await_outcome().outcome == Outcome::committed);
}

TEST_CASE("a power cut before the confirm brings the old system back by itself", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  (void)world.activate_until(boot.request(), Phase::awaiting_boot);
  world.reboot();
  world.await_phase(Phase::awaiting_confirmation);
  world.reboot();
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("went down before it was confirmed"));
  CHECK(boot.loader.reboots == 0);
  boot.check_old();
}

TEST_CASE("a host that cannot be brought back by boots is told of", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  (void)world.activate_until(boot.request(), Phase::awaiting_boot);
  world.boot_system = boot.next;  // a boot loader with a mind of its own
  world.reboot();
  for (int attempt = 1; attempt <= kMaxRevertAttempts; ++attempt) {
    REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == attempt; }));
    world.reboot();
  }
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::revert_failed);
  CHECK_THAT(all_of(outcome.causes), ContainsSubstring("came up with the new closure again"));
}

TEST_CASE("a commit whose boot entry cannot be written is set back and booted away from", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  boot.host.set_exit(boot.next, "boot", 1);
  (void)world.activate_until(boot.request(ConfirmMode::none), Phase::awaiting_boot);
  world.reboot();
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  CHECK(boot.host.profile() == "nixos-1");
  world.reboot();
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  boot.check_old();
}

TEST_CASE("a boot that cannot be prepared changes nothing", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  auto request = boot.request();
  Outcome expected = Outcome::refused;
  std::string says;
  SECTION("with a boot loader that cannot be told") {
    boot.loader.able = fail(Errc::refused, "supported are these");
    says = "supported are these";
  }
  SECTION("with units") {
    request.changes.push_back({.profile = *ProfileName::parse("app"), .closure = world.closure("web-1")});
    says = "profile app has units";
  }
  SECTION("with a boot loader whose entries cannot be written") {
    boot.host.set_exit(boot.host.old_system, "boot", 1);
    expected = Outcome::revert_failed;  // it cannot be written on the way back, either
    says = "exit status 1";
  }
  SECTION("with a boot loader that has no entry for it") {
    boot.loader.sets = fail(Errc::refused, "has no entry");
    expected = Outcome::reverted;
    says = "has no entry";
  }
  const auto outcome = world.activate(request);
  CHECK(outcome.outcome == expected);
  CHECK_THAT(all_of(outcome.causes), ContainsSubstring(says));
  boot.check_old();
}

TEST_CASE("a script among what waits for a boot is run at once with BOOT=1, and taken back if need be",
          "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  const auto script = world.closure_of("app-1", {});
  world.disk.contents[script] = {.script = "deploy-rs-activate"};
  std::string asked;
  world.programs->effects["/profiles/root/app/deploy-rs-activate"] = [&](const ProgramRun& run) {
    asked = run.environment.at("BOOT");
    return ProgramEnd{true, 0, "", {}};
  };
  auto request = boot.request();
  request.changes.push_back({.profile = *ProfileName::parse("app"), .closure = script});
  const auto id = world.activate_until(request, Phase::awaiting_boot);
  CHECK(asked == "1");
  CHECK(told(world, "a boot takes nothing of it back"));
  CHECK(world.profile_closure() == "app-1");
  REQUIRE(world.engine->cancel({id, ""}));
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.profile_closure().empty());
  boot.check_old();
}

TEST_CASE("a switch that needs a reboot gets it where it may", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  boot.host.set_exit(boot.next, "test", 100);
  auto request = boot.host.request(boot.next);
  request.reboot = true;
  SECTION("and goes on after it") {
    (void)world.activate_until(request, Phase::awaiting_boot);
    CHECK(told(world, "only a reboot can bring this system up"));
    REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
    world.reboot();
    CHECK(world.await_outcome().outcome == Outcome::committed);
    boot.host.check_runs("nixos-2");
  }
  SECTION("but not where units have been tried with it") {
    request.changes.push_back(
        {.profile = *ProfileName::parse("app"), .closure = world.closure("app-1", "", "app.service")});
    CHECK(world.activate(request).outcome == Outcome::reverted);
    boot.check_old();
  }
  SECTION("nor where the boot loader cannot be told, of which is warned") {
    boot.loader.able = fail(Errc::refused, "supported are these");
    CHECK(world.activate(request).outcome != Outcome::committed);
    CHECK(told(world, "should the switch need a reboot, it is reverted: supported are these"));
  }
}

TEST_CASE("an activator that dies once a switch goes on by boot knows of it", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  boot.host.set_exit(boot.next, "test", 100);
  auto request = boot.host.request(boot.next);
  request.reboot = true;
  REQUIRE(world.engine->activate(request, "root"));
  // The first step of the way to the boot is under way.
  REQUIRE(world.loop.run_until([&] { return boot.host.profile() == "nixos-2"; }));
  world.kill_activator();
  world.follow(request.id);
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(boot.host.profile() == "nixos-1");
  boot.check_old();
}

TEST_CASE("a boot is withdrawn after it was set, however long that takes", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  boot.loader.setting_takes = 3s;
  const auto request = boot.request();
  REQUIRE(world.engine->activate(request, "root"));
  world.follow(request.id);
  REQUIRE(world.loop.run_until([&] { return !programs_run(boot).empty(); }));
  world.loop.pass(1s);
  REQUIRE(world.engine->cancel({request.id, ""}));
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  world.loop.pass(5s);
  boot.check_old();
}

TEST_CASE("a boot of the new system that the full disk lets nobody note is gone back from by another",
          "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  (void)world.activate_until(boot.request(), Phase::awaiting_boot);
  world.disk.full = true;
  world.reboot();
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  world.disk.full = false;
  world.reboot();
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  boot.check_old();
}

TEST_CASE("a userspace that is started anew on the way back is not the boot that is the way back", "[boot]") {
  Boot boot;
  auto& world = boot.host.world;
  const auto id = world.activate_until(boot.request(), Phase::awaiting_boot);
  world.reboot();
  world.await_phase(Phase::awaiting_confirmation);
  REQUIRE(world.engine->cancel({id, ""}));
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  world.soft_reboot();
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 2; }));
  CHECK_FALSE(told(world, "came up with the new closure again"));
  world.reboot();
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  boot.check_old();
}

TEST_CASE("the same system once more needs no boot", "[boot]") {
  Boot boot;
  auto request = boot.request(ConfirmMode::none);
  request.changes.front().closure = boot.host.old_system;
  CHECK(boot.host.world.activate(request).outcome == Outcome::committed);
  CHECK(boot.loader.reboots == 0);
  boot.check_old();
}
