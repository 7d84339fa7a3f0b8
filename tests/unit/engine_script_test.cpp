// SPDX-License-Identifier: MIT
// Scripts, activated through the profile and as its user.
#include "tests/unit/kinds.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a script is activated through its profile, as its user, with deploy-rs's contract", "[script]") {
  ScriptHost host;
  std::optional<ProgramRun> seen;
  const auto next = host.add("app-2");
  host.world.programs->effects["/profiles/root/app/deploy-rs-activate"] = [&](const ProgramRun& run) {
    seen = run;
    return ProgramEnd{true, 0, "", {}};
  };
  CHECK(host.world.activate(host.world.request(next)).outcome == Outcome::committed);
  REQUIRE(seen);
  CHECK(seen->environment.at("PROFILE") == "/profiles/root/app");
  CHECK(seen->environment.at("DRY_ACTIVATE") == "0");
  CHECK(seen->environment.at("BOOT") == "0");
  CHECK(seen->directory == "/profiles/root/app");
  CHECK(host.profile() == "app-2");
}

TEST_CASE("a script that fails goes back to the recorded generation, by that one's script", "[script]") {
  ScriptHost host;
  const auto next = host.add("app-2");
  host.world.programs->effects["/profiles/root/app/deploy-rs-activate"] = [&](const ProgramRun&) {
    return ProgramEnd{true, host.profile() == "app-2" ? 7 : 0, "", {"why"}};
  };
  const auto outcome = host.world.activate(host.world.request(next));
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("exit status 7"));
  CHECK(host.profile() == "app-1");
  CHECK(host.world.programs->runs.size() == 3);
  // The new one has not proven itself.
  CHECK(generations_of(host.world, "/profiles/root/app") == std::vector<std::string>{"app-1"});
}

TEST_CASE("a script's trial has been permanent: after a reboot it is reverted", "[script]") {
  ScriptHost host;
  (void)host.world.activate_until(host.world.request(host.add("app-2"), ConfirmMode::automatic),
                                  Phase::awaiting_confirmation);
  CHECK(host.profile() == "app-2");
  host.world.reboot();
  CHECK(host.world.await_outcome().outcome == Outcome::reverted);
  CHECK(host.profile() == "app-1");
  CHECK(host.world.programs->runs.size() == 3);
}

TEST_CASE("going back by a script is on disk before it is told: nothing would repair it later", "[script]") {
  ScriptHost host;
  auto& world = host.world;
  int syncs_at_last_run = 0;
  bool fails = true;
  world.programs->effects["/profiles/root/app/deploy-rs-activate"] = [&](const ProgramRun&) {
    syncs_at_last_run = world.host->syncs;
    return ProgramEnd{true, fails && host.profile() == "app-2" ? 7 : 0, "", {}};
  };
  const auto request = world.request(host.add("app-2"), ConfirmMode::automatic);
  SECTION("at once") { CHECK(world.activate(request).outcome == Outcome::reverted); }
  SECTION("after a reboot") {
    fails = false;
    (void)world.activate_until(request, Phase::awaiting_confirmation);
    world.reboot();
    CHECK(world.await_outcome().outcome == Outcome::reverted);
  }
  CHECK(host.profile() == "app-1");
  CHECK(world.host->syncs > syncs_at_last_run);
}

TEST_CASE("a generation before that has no script is found before, never during the revert", "[script]") {
  World world;
  const auto bare = world.closure_of("bare", {});
  world.disk.contents[bare] = {};
  world.disk.profiles["/profiles/root/app"] = {{bare}, 0};
  const auto next = world.closure_of("app-2", {});
  world.disk.contents[next] = {.script = "switchback-activate"};
  auto request = world.request(next);
  const auto refused = world.activate(request);
  CHECK(refused.outcome == Outcome::refused);
  CHECK_THAT(refused.causes.front().message, ContainsSubstring("--allow-unrevertible"));
  request.id = ActivationId::random();
  request.allow_unrevertible = true;
  CHECK(world.activate(request).outcome == Outcome::committed);
  CHECK(told(world, "has no activation script"));
}

TEST_CASE("a user that is not there, or units for one, are refused", "[script]") {
  World world;
  auto request = world.request(world.closure("web-1"));
  request.changes.front().user = "nobody-here";
  CHECK_THAT(world.activate(request).causes.front().message, ContainsSubstring("no user nobody-here"));
  request.id = ActivationId::random();
  request.changes.front().user = "alice";
  CHECK_THAT(world.activate(request).causes.front().message, ContainsSubstring("these belong to root"));
}

TEST_CASE("the status knows whose a profile is, and where", "[script]") {
  ScriptHost host;
  auto request = host.world.request(host.add("mine-1"));
  request.changes.front().profile = *ProfileName::parse("mine");
  request.changes.front().user = "alice";
  REQUIRE(host.world.activate(request).outcome == Outcome::committed);
  std::vector<ProfileStatus> profiles;
  host.world.engine->status([&](const Result<HostStatus>& status) { profiles = status->profiles; });
  REQUIRE(host.world.loop.run_until([&] { return !profiles.empty(); }));
  REQUIRE(profiles.size() == 2);
  CHECK(profiles[0].generation.profile == "app");
  CHECK(profiles[1].generation.profile == "mine");
  CHECK_THAT(profiles[1].generation.closure, ContainsSubstring("mine-1"));
  CHECK(profiles[1].generation.number == 1);
}
