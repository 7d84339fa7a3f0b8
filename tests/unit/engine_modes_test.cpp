// SPDX-License-Identifier: MIT
// The ways to activate that are no plain switch: tests, dry runs, rollbacks, removals, and reverting switched
// off.
#include "activator/engine/history.hpp"
#include "tests/unit/kinds.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a test is kept while it is healthy, and never committed", "[modes]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  auto request = world.request(world.closure("web-2"), ConfirmMode::automatic);
  request.mode = Mode::test;
  request.test_for = std::chrono::seconds{60};
  const auto id = world.activate_until(request, Phase::testing);
  const auto confirmed = world.confirm(id);
  REQUIRE_FALSE(confirmed);
  CHECK_THAT(confirmed.error().message, ContainsSubstring("never kept"));
  CHECK(world.running_closure() == "web-2");
  SECTION("until its time is over") {}
  SECTION("until it is cancelled") { REQUIRE(world.engine->cancel({id, ""})); }
  SECTION("until the host reboots") { world.reboot(); }
  SECTION("until something breaks") { world.systemd->set_active("web.service", "failed"); }
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.running_closure() == "web-1");
  CHECK(world.committed_closure() == "web-1");
}

TEST_CASE("a dry run tells what would be done, and does nothing", "[modes]") {
  SECTION("units") {
    World world;
    auto request = world.request(world.closure("web-1"));
    request.mode = Mode::dry_run;
    CHECK(world.activate(request).outcome == Outcome::planned);
    CHECK(world.systemd->jobs.empty());
    CHECK(world.committed_closure().empty());
    CHECK(std::any_of(world.events.begin(), world.events.end(),
                      [](const Event& event) { return std::holds_alternative<PlanEvent>(event.body); }));
  }
  SECTION("a NixOS system") {
    NixosHost host;
    const auto next = host.add_system("nixos-2");
    auto request = host.request(next);
    request.mode = Mode::dry_run;
    CHECK(host.world.activate(request).outcome == Outcome::planned);
    CHECK(host.world.programs->runs == std::vector<std::string>{NixosHost::program(next) + " dry-activate"});
    host.check_runs("nixos-1");
  }
  SECTION("a script, straight from its closure") {
    ScriptHost host;
    const auto next = host.add("app-2");
    std::string dry;
    host.world.programs->effects[next.text() + "/deploy-rs-activate"] = [&](const ProgramRun& run) {
      dry = run.environment.at("DRY_ACTIVATE");
      return ProgramEnd{true, 0, "", {}};
    };
    auto request = host.world.request(next);
    request.mode = Mode::dry_run;
    CHECK(host.world.activate(request).outcome == Outcome::planned);
    CHECK(dry == "1");
    CHECK(host.profile() == "app-1");
  }
}

TEST_CASE("with reverting switched off a bad generation is kept, and told; a missing confirm still reverts",
          "[modes]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  auto request = world.request(world.closure("web-2", "CrashAfter=1"));
  request.auto_rollback = false;
  SECTION("kept") {
    const auto outcome = world.activate(request);
    CHECK(outcome.outcome == Outcome::committed_unhealthy);
    CHECK_THAT(outcome.causes.front().message, ContainsSubstring("web.service"));
    CHECK(told(world, "autoRollback is off"));
    CHECK(world.committed_closure() == "web-2");
  }
  SECTION("not confirmed") {
    request.confirm = ConfirmMode::automatic;
    CHECK(world.activate(request).outcome == Outcome::reverted);
    CHECK(world.committed_closure() == "web-1");
  }
}

TEST_CASE("a rollback selects the generation that ran before, and makes no new one", "[rollback]") {
  World world;
  for (const std::string name : {"web-1", "web-2", "web-3"}) {
    REQUIRE(world.activate(world.request(world.closure(name))).outcome == Outcome::committed);
  }
  const auto roll_back = [&](std::optional<std::uint64_t> generation) {
    RollbackRequest request{world.request(store_path("web-3")), *ProfileName::parse("app")};
    request.how.changes.clear();
    request.generation = generation;
    const auto id = request.how.id;
    const auto accepted = world.engine->rollback(request, "root");
    if (!accepted) return accepted.error().message;
    world.follow(id);
    return std::string(text(world.await_outcome().outcome));
  };
  SECTION("without a number: what the history says") {
    CHECK(roll_back(std::nullopt) == "committed");
    CHECK(world.running_closure() == "web-2");
    CHECK(roll_back(std::nullopt) == "committed");  // and back again
    CHECK(world.running_closure() == "web-3");
  }
  SECTION("to a number") {
    CHECK(roll_back(1) == "committed");
    CHECK(world.running_closure() == "web-1");
  }
  SECTION("to one that is gone") {
    CHECK_THAT(roll_back(9), ContainsSubstring("has no generation 9; it has 1, 2, 3"));
  }
  SECTION("to one that was made by hand") {
    const auto by_hand = world.closure("web-by-hand");
    world.profiles->set({"/profiles/root/app", "root"}, by_hand, std::nullopt, [](Status) {});
    world.profiles->set({"/profiles/root/app", "root"}, store_path("web-3"), 3, [](Status) {});
    world.loop.pass(std::chrono::seconds{1});
    CHECK(roll_back(4) == "committed");
    CHECK(world.running_closure() == "web-by-hand");
  }
  CHECK(world.disk.profiles.at("/profiles/root/app").generations.size() <= 4);
}

TEST_CASE("a removal stops the units and takes the profile's link; a bad one is taken back", "[remove]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  RemoveRequest request{world.request(store_path("web-1")), *ProfileName::parse("app")};
  request.how.changes.clear();
  const auto remove = [&] {
    request.how.id = ActivationId::random();
    const auto accepted = world.engine->remove(request, "root");
    REQUIRE(accepted);
    world.follow(request.how.id);
    return world.await_outcome();
  };
  SECTION("confirmed") {
    CHECK(remove().outcome == Outcome::committed);
    CHECK(world.systemd->active_state("web.service") == "inactive");
    CHECK(world.profile_closure().empty());
    CHECK(world.committed_closure().empty());
  }
  SECTION("not confirmed") {
    request.how.confirm = ConfirmMode::automatic;
    CHECK(remove().outcome == Outcome::reverted);
    CHECK(world.systemd->active_state("web.service") == "active");
    CHECK(world.committed_closure() == "web-1");
  }
  SECTION("of a profile that has no units") {
    request.profile = *ProfileName::parse("other");
    const auto outcome = remove();
    CHECK(outcome.outcome == Outcome::refused);
    CHECK_THAT(outcome.causes.front().message, ContainsSubstring("nothing to remove"));
  }
}
