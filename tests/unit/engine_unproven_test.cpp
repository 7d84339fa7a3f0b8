// SPDX-License-Identifier: MIT
// What was taken back is no generation of its profile, whatever kind it is of: whoever rolls back later comes
// to what has proven itself.
#include "tests/unit/kinds.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using Names = std::vector<std::string>;

namespace {

const std::string kLink = "/profiles/root/system";

/// Its boot entry cannot be written: what the commit has set is set back.
StorePath add_uncommittable(NixosHost& host) {
  const auto next = host.add_system("nixos-2");
  host.set_exit(next, "boot", 1);
  return next;
}

}  // namespace

TEST_CASE("what a commit has made a generation is none any more when it is set back", "[unproven]") {
  NixosHost host;
  auto& world = host.world;
  auto request = host.request(add_uncommittable(host));
  SECTION("a system") {}
  SECTION("and units beside it, of a profile that had none before") {
    request.changes.push_back(
        {.profile = *ProfileName::parse("app"), .closure = world.closure("app-1", "", "app.service")});
  }
  SECTION("and a script beside it") {
    const auto script = world.closure_of("tool-1", {});
    world.disk.contents[script] = {.script = "deploy-rs-activate"};
    request.changes.push_back({.profile = *ProfileName::parse("app"), .closure = script});
  }
  CHECK(world.activate(request).outcome == Outcome::reverted);
  host.check_runs("nixos-1");
  CHECK(host.generations() == Names{"nixos-1"});
  CHECK(generations_of(world, "/profiles/root/app").empty());
  CHECK(world.profile_closure().empty());
}

TEST_CASE("the boot entries are written again when the generation is gone, and not before", "[unproven]") {
  NixosHost host;
  const auto next = add_uncommittable(host);
  Names there;
  host.also(host.old_system, [&](const ProgramRun& run) {
    if (run.argv.at(1) == "boot") there = host.generations();
  });
  CHECK(host.world.activate(host.request(next)).outcome == Outcome::reverted);
  CHECK(there == Names{"nixos-1"});
}

TEST_CASE("a generation that was there before stays, though it is tried again and fails", "[unproven]") {
  NixosHost host;
  const auto next = add_uncommittable(host);
  auto& profile = host.world.disk.profiles.at(kLink);
  auto request = host.request(next);
  SECTION("it is the newest") { profile.generations = {host.old_system, next}; }
  SECTION("it is an older one, and a new one is made of it") {
    profile.generations = {next, host.old_system};
    profile.current = 1;
  }
  SECTION("it is an older one that is selected") {
    profile.generations = {next, host.old_system};
    profile.current = 1;
    request.changes.front().generation = 1;
  }
  const auto before = host.generations();
  CHECK(host.world.activate(request).outcome == Outcome::reverted);
  host.check_runs("nixos-1");
  CHECK(host.generations() == before);
}

TEST_CASE("an activator that dies on the way back deletes the generation when it comes again", "[unproven]") {
  NixosHost host;
  const auto next = add_uncommittable(host);
  const auto request = host.request(next);
  REQUIRE(host.world.engine->activate(request, "root"));
  REQUIRE(host.world.loop.run_until([&] { return host.profile() == "nixos-2"; }));
  REQUIRE(host.world.loop.run_until([&] { return host.profile() == "nixos-1"; }));
  CHECK(host.generations() == Names{"nixos-1", "nixos-2"});
  SECTION("alone") { host.world.kill_activator(); }
  SECTION("with the host") { host.world.reboot(); }
  CHECK(host.world.await_outcome().outcome == Outcome::reverted);
  CHECK(host.generations() == Names{"nixos-1"});
  host.check_runs("nixos-1");
}

TEST_CASE("what is taken back is held until it runs nowhere any more", "[unproven]") {
  Boot boot;
  auto& world = boot.host.world;
  boot.host.set_exit(boot.next, "boot", 1);
  (void)world.activate_until(boot.request(ConfirmMode::none), Phase::awaiting_boot);
  world.reboot();
  REQUIRE(world.loop.run_until([&] { return boot.loader.reboots == 1; }));
  // It runs still, and is no generation any more.
  CHECK(world.run.current_system == boot.next);
  CHECK(boot.host.generations() == Names{"nixos-1"});
  const auto holds = [&](const auto& pin) { return pin.second == boot.next; };
  CHECK(std::any_of(world.profiles->pins.begin(), world.profiles->pins.end(), holds));
  world.reboot();
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.profiles->pins.empty());
  boot.check_old();
}

TEST_CASE("a generation that cannot be deleted is told, and keeps nobody from going back", "[unproven]") {
  NixosHost host;
  host.world.profiles->drops = fail(Errc::io, "read-only file system");
  const auto next = add_uncommittable(host);
  CHECK(host.world.activate(host.request(next)).outcome == Outcome::reverted);
  host.check_runs("nixos-1");
  CHECK(told(host.world, "read-only file system"));
  CHECK(told(host.world, "nix-env --profile " + kLink + " --delete-generations"));
}

TEST_CASE("somebody else's generation after it is left, and it goes all the same", "[unproven]") {
  NixosHost host;
  auto& world = host.world;
  const auto next = host.add_system("nixos-2");
  const auto theirs = host.add_system("nixos-9");
  const auto id =
      world.activate_until(host.request(next, ConfirmMode::automatic), Phase::awaiting_confirmation);
  world.host->lock_holder = "nixos-rebuild";
  world.engine->confirm({id}, world.loop.boottime_ms(), [](const Result<ActivationStatus>&) {});
  REQUIRE(world.loop.run_until([&] { return host.profile() == "nixos-2"; }));
  auto& profile = world.disk.profiles.at(kLink);
  profile.generations.push_back(theirs);
  profile.current = 2;
  world.host->lock_holder.reset();
  CHECK(world.await_outcome().outcome == Outcome::superseded);
  CHECK(host.profile() == "nixos-9");
  CHECK(host.generations() == Names{"nixos-1", "deleted", "nixos-9"});
}

TEST_CASE("a record of an activator that did not know whose a generation is deletes none", "[unproven]") {
  PreparedChange change{.profile = kSystem, .closure = store_path("nixos-2")};
  change.previous = change.running = store_path("nixos-1");
  change.kind = Kind::nixos;
  const auto drops = [](const Steps& steps) {
    return std::count_if(steps.begin(), steps.end(),
                         [](const Step& step) { return std::holds_alternative<DropGeneration>(step); });
  };
  CHECK(drops(set_back_steps({change})) == 0);
  change.made_before.emplace();
  CHECK(drops(set_back_steps({change})) == 1);
  CHECK(drops(withdrawal_steps({change}, staging_steps({change}).size())) == 1);
}
