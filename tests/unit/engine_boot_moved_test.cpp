// SPDX-License-Identifier: MIT
// Somebody else puts a system in place while one is waited to be booted, runs in its boot, or is committed:
// theirs is what stays, and what is booted next.
#include "tests/unit/kinds.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

/// Somebody who does by hand what «nixos-rebuild boot» does.
struct Somebody {
  Boot& boot;
  StorePath theirs = boot.host.add_system("nixos-9");

  void rebuild() const {
    auto& world = boot.host.world;
    world.disk.profiles.at("/profiles/root/system").generations.push_back(theirs);
    world.disk.profiles.at("/profiles/root/system").current =
        world.disk.profiles.at("/profiles/root/system").generations.size() - 1;
    world.boot_system = world.host->boots = theirs;
  }
  /// And is what the host boots, by the profile as by its boot loader.
  void check_kept() const {
    CHECK(boot.host.profile() == "nixos-9");
    CHECK(boot.host.world.boot_system == theirs);
    CHECK_FALSE(boot.loader.once);
    CHECK_FALSE(boot.host.world.disk.record);
  }
};

}  // namespace

TEST_CASE("a boot that is waited for is withdrawn as soon as somebody else has put another system in place",
          "[boot]") {
  Boot boot;
  const Somebody somebody{boot};
  auto& world = boot.host.world;
  auto request = boot.request();
  request.force = GENERATE(false, true);
  (void)world.activate_until(request, Phase::awaiting_boot);
  REQUIRE(boot.loader.once == boot.next);
  const auto programs = programs_run(boot);
  SECTION("while the activator runs") {
    somebody.rebuild();
    world.loop.pass(5s);
    CHECK_FALSE(boot.loader.once);
  }
  SECTION("while it is started again") {
    somebody.rebuild();
    world.kill_activator();
  }
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::superseded);
  CHECK_THAT(all_of(outcome.causes),
             ContainsSubstring("profile system was moved to " + somebody.theirs.text()));
  CHECK_THAT(all_of(outcome.causes), ContainsSubstring("a boot starts " + somebody.theirs.text()));
  CHECK(programs_run(boot) == programs);  // ours would have made the old system the default
  CHECK(boot.loader.reboots == 0);
  somebody.check_kept();
}

TEST_CASE("a system that was put in place during the boot of another stays the default", "[boot]") {
  Boot boot;
  const Somebody somebody{boot};
  auto& world = boot.host.world;
  const auto id = world.activate_until(boot.request(), Phase::awaiting_boot);
  SECTION("before its first activator looks") {
    somebody.rebuild();
    world.reboot();
    world.await_phase(Phase::awaiting_confirmation);
  }
  SECTION("while it is to be confirmed") {
    world.reboot();
    world.await_phase(Phase::awaiting_confirmation);
    somebody.rebuild();
  }
  CHECK_FALSE(world.confirm(id));
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::superseded);
  CHECK_THAT(all_of(outcome.causes), ContainsSubstring("a boot starts " + somebody.theirs.text()));
  CHECK(world.run.current_system == boot.next);
  CHECK(boot.loader.reboots == 0);
  somebody.check_kept();
}

TEST_CASE("a boot that comes before it is withdrawn is left for what somebody else has put in place",
          "[boot]") {
  Boot boot;
  const Somebody somebody{boot};
  auto& world = boot.host.world;
  auto request = boot.request();
  request.reboot = true;
  (void)world.activate_until(request, Phase::awaiting_boot);
  somebody.rebuild();
  world.await_phase(Phase::reverting);
  boot.loader.once = boot.next;  // the host was faster
  world.reboot();
  CHECK(world.run.current_system == boot.next);
  const auto asked = boot.loader.reboots;
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots > asked; }));
  world.reboot();
  CHECK(world.await_outcome().outcome == Outcome::superseded);
  CHECK(world.run.current_system == somebody.theirs);
  somebody.check_kept();
}

TEST_CASE("a script that was run beside a system that is overtaken in its boot is taken back", "[boot]") {
  Boot boot;
  const Somebody somebody{boot};
  auto& world = boot.host.world;
  const auto script = world.closure_of("app-1", {});
  world.disk.contents[script] = {.script = "deploy-rs-activate"};
  auto request = boot.request();
  request.changes.push_back({.profile = *ProfileName::parse("app"), .closure = script});
  const auto id = world.activate_until(request, Phase::awaiting_boot);
  world.reboot();
  world.await_phase(Phase::awaiting_confirmation);
  somebody.rebuild();
  CHECK_FALSE(world.confirm(id));
  CHECK(world.await_outcome().outcome == Outcome::superseded);
  CHECK(world.profile_closure().empty());
  CHECK(world.run.current_system == boot.next);
  somebody.check_kept();
}

TEST_CASE("a boot that does not prove itself is left, and for what somebody else has put in place",
          "[boot]") {
  Boot boot;
  const Somebody somebody{boot};
  auto& world = boot.host.world;
  (void)world.activate_until(boot.request(), Phase::awaiting_boot);
  world.reboot();
  world.await_phase(Phase::awaiting_confirmation);
  somebody.rebuild();
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  world.reboot();
  CHECK(world.await_outcome().outcome == Outcome::superseded);
  CHECK(world.run.current_system == somebody.theirs);
  somebody.check_kept();
}

TEST_CASE("a commit that somebody else overtakes leaves the boot entry to them", "[boot]") {
  Boot boot;
  const Somebody somebody{boot};
  auto& world = boot.host.world;
  auto request = boot.host.request(boot.next, ConfirmMode::automatic);
  request.force = GENERATE(false, true);
  const auto id = world.activate_until(request, Phase::awaiting_confirmation);
  SECTION("before its profile is set") {
    somebody.rebuild();
    CHECK_FALSE(world.confirm(id));
  }
  SECTION("before it writes the boot entry") {
    world.host->lock_holder = "nixos-rebuild";
    world.engine->confirm({id}, world.loop.boottime_ms(), [](const Result<ActivationStatus>&) {});
    REQUIRE(world.loop.run_until([&] { return boot.host.profile() == "nixos-2"; }));
    somebody.rebuild();
    world.host->lock_holder.reset();
  }
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::superseded);
  CHECK_THAT(all_of(outcome.causes), ContainsSubstring("a boot starts " + somebody.theirs.text()));
  CHECK(world.run.current_system == boot.host.old_system);
  somebody.check_kept();
}
