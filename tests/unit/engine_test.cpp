// SPDX-License-Identifier: MIT
// The real engine and core on a host in memory: what users are promised, without systemd, nix or time.
#include "activator/engine/history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fakes/world.hpp"

#include <algorithm>
#include <string>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A host on which web-1 was committed.
struct Settled {
  World world;
  Settled() {
    REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
    world.systemd->jobs.clear();
  }
};

void check_runs(World& world, const std::string& name) {
  CHECK(world.running_closure() == name);
  CHECK(world.profile_closure() == name);
  CHECK(world.committed_closure() == name);
  CHECK(world.run.trial.empty());
  CHECK_FALSE(world.run.activator_pinned);
  CHECK(world.profiles->pins.empty());
  CHECK_FALSE(world.disk.record.has_value());
}

bool submitted(const World& world, const std::string& job) {
  return std::count(world.systemd->jobs.begin(), world.systemd->jobs.end(), job) > 0;
}

}  // namespace

TEST_CASE("a first generation is started, observed and committed", "[engine]") {
  World world;
  const auto outcome = world.activate(world.request(world.closure("web-1")));
  CHECK(outcome.outcome == Outcome::committed);
  CHECK(outcome.generations.front().number == 1);
  CHECK(world.systemd->active_state("web.service") == "active");
  check_runs(world, "web-1");
}

TEST_CASE("nothing permanent changes before the confirm", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  CHECK(world.running_closure() == "web-2");
  CHECK(world.profile_closure() == "web-1");
  CHECK(world.committed_closure() == "web-1");
  const auto status = world.confirm(id);
  REQUIRE(status);
  CHECK(world.disk.record->find("committed") != std::string::npos);
  CHECK(world.await_outcome().outcome == Outcome::committed);
  check_runs(world, "web-2");
}

TEST_CASE("what shall run is on disk before anything runs from it", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  world.host->syncs = 0;
  SECTION("a power cut during the trial or the commit then finds it whole") {
    world.activate_until(world.request(world.closure("web-2")), Phase::switching);
    CHECK(world.host->syncs == 1);
    world.await_outcome();
    check_runs(world, "web-2");
  }
  SECTION("where that fails, nothing is changed") {
    world.host->disks = fail(Errc::io, "cannot write to disk: no space left");
    const auto outcome = world.activate(world.request(world.closure("web-2")));
    CHECK(outcome.outcome == Outcome::refused);
    CHECK_THAT(outcome.causes.front().message, ContainsSubstring("no space left"));
    CHECK(world.systemd->jobs.empty());
    check_runs(world, "web-1");
  }
  SECTION("a dry run writes nothing") {
    auto request = world.request(world.closure("web-2"));
    request.mode = Mode::dry_run;
    CHECK(world.activate(request).outcome == Outcome::planned);
    CHECK(world.host->syncs == 0);
  }
}

TEST_CASE("a service that crashes during the soak takes the generation back, with its own words",
          "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto outcome = world.activate(world.request(world.closure("web-2", "CrashAfter=3")));
  REQUIRE(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("web.service exited with status 1"));
  CHECK(outcome.causes.front().log == std::vector<std::string>{"web.service says why"});
  CHECK(world.systemd->active_state("web.service") == "active");
  check_runs(world, "web-1");
  CHECK(world.disk.profiles.at("/profiles/root/app").generations.size() == 1);
}

TEST_CASE("a crash loop that never rests in failed is found", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto outcome = world.activate(world.request(world.closure("web-2", "CrashAfter=0.2\nRestart=yes")));
  CHECK(outcome.outcome == Outcome::reverted);
  check_runs(world, "web-1");
}

TEST_CASE("a service that never becomes ready is taken back at the deadline", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  auto request = world.request(world.closure("web-2", "Never=ready"));
  request.activation_timeout = std::chrono::seconds{20};
  const auto outcome = world.activate(request);
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("web.service"));
  check_runs(world, "web-1");
}

TEST_CASE("without a confirm in time the old generation runs again", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto request = world.request(world.closure("web-2"), ConfirmMode::automatic);
  const auto outcome = world.activate(request);
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("no confirmation"));
  check_runs(world, "web-1");
  const auto late = world.confirm(request.id);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Errc::wrong_phase);
  CHECK_THAT(late.error().message, ContainsSubstring("reverted"));
}

TEST_CASE("a confirm over a connection from before the switch proves nothing", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto before = world.loop.boottime_ms();
  world.loop.pass(std::chrono::seconds{1});
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  std::optional<Errc> refused;
  world.engine->confirm({id}, before,
                        [&](Result<ActivationStatus> status) { refused = status.error().code; });
  CHECK(refused == Errc::stale_connection);
}

TEST_CASE("the same closure again restarts nothing and makes no generation", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  CHECK(world.activate(world.request(store_path("web-1"))).outcome == Outcome::committed);
  CHECK(world.systemd->jobs.empty());
  CHECK(world.disk.profiles.at("/profiles/root/app").generations.size() == 1);
  check_runs(world, "web-1");
}

TEST_CASE("units are refused before anything changes where systemd would see none of them", "[engine]") {
  World world;
  REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
  world.copies->generator = fail(Errc::refused, "systemd of this host finds no switchback-generator");
  const auto outcome = world.activate(world.request(world.closure("web-2")));
  CHECK(outcome.outcome == Outcome::refused);
  REQUIRE_FALSE(outcome.causes.empty());
  CHECK(outcome.causes.front().message.find("finds no switchback-generator") != std::string::npos);
  CHECK(world.running_closure() == "web-1");
}

TEST_CASE("a second activation is refused while one runs, and told who holds the host", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  (void)world.activate_until(world.request(world.closure("web-2")), Phase::observing);
  const auto second = world.engine->activate(world.request(world.closure("web-3")), "alice");
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::busy);
  CHECK_THAT(second.error().message, ContainsSubstring("of root, observing"));
  CHECK(world.await_outcome().outcome == Outcome::committed);
}

TEST_CASE("what is wrong with a closure is found before anything changes", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  SECTION("it is not in the store") {
    const auto outcome = world.activate(world.request(store_path("nowhere")));
    CHECK(outcome.outcome == Outcome::refused);
    CHECK_THAT(outcome.causes.front().message, ContainsSubstring("is not in this host's store"));
  }
  SECTION("systemd could not load it") {
    world.host->verification = fail(Errc::invalid_closure, "web.service: Service has no ExecStart=");
    CHECK(world.activate(world.request(world.closure("web-2"))).outcome == Outcome::refused);
  }
  SECTION("an administrator's unit has the same name") {
    world.systemd->add_foreign("db.service", "/etc/systemd/system/db.service");
    const auto outcome = world.activate(world.request(world.closure("db-1", "", "db.service")));
    CHECK(outcome.outcome == Outcome::refused);
    CHECK_THAT(outcome.causes.front().message, ContainsSubstring("/etc/systemd/system/db.service"));
  }
  SECTION("the disk cannot hold the record") {
    world.disk.full = true;
    CHECK_FALSE(world.engine->activate(world.request(world.closure("web-2")), "root"));
    world.disk.full = false;
  }
  CHECK(world.systemd->jobs.empty());
  check_runs(world, "web-1");
}

TEST_CASE("a first generation that is reverted leaves no profile and no units", "[engine]") {
  World world;
  CHECK(world.activate(world.request(world.closure("web-1", "CrashAfter=1"))).outcome == Outcome::reverted);
  check_runs(world, "");
  CHECK(world.systemd->active_state("web.service") != "active");
}

TEST_CASE("the activator's death ends nothing", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto id = ActivationId::random();
  auto request = world.request(world.closure("web-2"), ConfirmMode::automatic);
  request.id = id;
  SECTION("while switching: reverted") {
    (void)world.activate_until(request, Phase::switching);
    world.kill_activator();
    CHECK(world.await_outcome().outcome == Outcome::reverted);
    check_runs(world, "web-1");
  }
  SECTION("while observing: it goes on, and the same pusher confirms") {
    (void)world.activate_until(request, Phase::observing);
    world.kill_activator();
    world.await_phase(Phase::awaiting_confirmation);
    REQUIRE(world.confirm(id));
    CHECK(world.await_outcome().outcome == Outcome::committed);
    check_runs(world, "web-2");
  }
  SECTION("while awaiting: with the time that was left") {
    (void)world.activate_until(request, Phase::awaiting_confirmation);
    const auto waited = world.loop.boottime_ms();
    world.loop.pass(std::chrono::seconds{20});
    world.kill_activator();
    CHECK(world.await_outcome().outcome == Outcome::reverted);
    CHECK(world.loop.boottime_ms() - waited < 60'000);
    check_runs(world, "web-1");
  }
}

TEST_CASE("a reboot at any moment of the trial is a revert, and the history says so", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto phase = GENERATE(Phase::switching, Phase::observing, Phase::awaiting_confirmation);
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic), phase);
  world.reboot();
  CHECK(world.running_closure() == "web-1");  // before any code of ours has run
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("the host went down"));
  check_runs(world, "web-1");
  const auto history = parse_history(world.engine->history(1).front());
  REQUIRE(history);
  CHECK(history->status.id == id);
  CHECK(world.systemd->active_state("web.service") == "active");
}

TEST_CASE("a unit that the trial stopped without touching it is started again by the revert", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  (void)world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic), Phase::observing);
  world.systemd->set_active("ssh.service", "inactive");
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.systemd->active_state("ssh.service") == "active");
  CHECK(submitted(world, "start ssh.service"));
}

TEST_CASE("a cancel reverts, and is too late once the commit has begun", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto id = world.activate_until(world.request(world.closure("web-2")), Phase::observing);
  REQUIRE(world.engine->cancel({id, "not today"}));
  const auto outcome = world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK(outcome.causes.front().message == "cancelled: not today");
  const auto again = world.engine->cancel({id, ""});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Errc::wrong_phase);
}

TEST_CASE("a profile that somebody moved meanwhile is left to them", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  const auto other = world.closure("web-other");
  world.profiles->set({"/profiles/root/app", "root"}, other, std::nullopt, [](Status) {});
  CHECK_FALSE(world.confirm(id));
  CHECK(world.await_outcome().outcome == Outcome::superseded);
  CHECK(world.profile_closure() == "web-other");
  CHECK(world.running_closure() == "web-1");
}

TEST_CASE("a disk that fills up before the commit is durable takes the generation back", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  world.disk.full = true;
  const auto answer = world.confirm(id);
  CHECK_FALSE(answer);
  world.loop.pass(std::chrono::minutes{1});
  world.disk.full = false;
  CHECK(world.running_closure() == "web-1");
  CHECK(world.profile_closure() == "web-1");
}

TEST_CASE("what was taken back on a full disk, so that no record says so, is not committed afterwards",
          "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto id = world.activate_until(world.request(world.closure("web-2"), ConfirmMode::automatic),
                                       Phase::awaiting_confirmation);
  world.disk.full = true;
  CHECK_FALSE(world.confirm(id));
  (void)world.loop.run_until([&] { return !world.engine->is_running(); });
  world.disk.full = false;
  world.kill_activator();
  CHECK_FALSE(world.confirm(id));
  CHECK(world.await_outcome().outcome == Outcome::reverted);
  CHECK(world.running_closure() == "web-1");
  CHECK(world.profile_closure() == "web-1");
  CHECK(world.committed_closure() == "web-1");
}

TEST_CASE("a record that says committed is gone by, also when it could not be synced", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  world.disk.unsynced = "\"outcome\":\"committed\"";
  const auto outcome = world.activate(world.request(world.closure("web-2")));
  CHECK(outcome.outcome == Outcome::committed);
  CHECK(world.running_closure() == "web-2");
  CHECK(world.profile_closure() == "web-2");
}

TEST_CASE("a record that cannot be read is told, and nothing is touched", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto [text, says] = GENERATE(table<std::string, std::string>({
      {"{\"record\":1,", "not JSON"},
      {"{\"record\":99}", "newer activator"},
      {"{\"record\":1,\"state\":{}}", "cannot be read"},
  }));
  world.disk.record = text;
  world.kill_activator();
  const auto refused = world.engine->activate(world.request(world.closure("web-2")), "root");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring(says));
  CHECK(world.disk.record == text);
  CHECK(world.systemd->jobs.empty());
}

TEST_CASE("a closure that was reverted is tried again with a word of warning, or refused if that is wanted",
          "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto bad = world.closure("web-2", "CrashAfter=3");
  const auto warnings = [&] {
    std::string all;
    for (const auto& event : world.events) {
      if (const auto* warning = std::get_if<WarningEvent>(&event.body)) all += warning->message + "\n";
    }
    return all;
  };
  REQUIRE(world.activate(world.request(bad)).outcome == Outcome::reverted);
  CHECK(warnings().find("was tried") == std::string::npos);
  SECTION("it is tried again") {
    CHECK(world.activate(world.request(bad)).outcome == Outcome::reverted);
    CHECK_THAT(warnings(), ContainsSubstring("web-2 was tried in profile app before: on "));
    CHECK_THAT(warnings(), ContainsSubstring("it was reverted: web.service exited with status 1"));
  }
  SECTION("it is refused") {
    auto request = world.request(bad);
    request.retry_rejected = false;
    const auto outcome = world.activate(request);
    CHECK(outcome.outcome == Outcome::refused);
    CHECK_THAT(outcome.causes.front().message, ContainsSubstring("--no-retry-rejected"));
    // That was no attempt.
    CHECK(world.activate(request).outcome == Outcome::refused);
    check_runs(world, "web-1");
  }
  SECTION("another closure has no such past") {
    auto request = world.request(world.closure("web-3"));
    request.retry_rejected = false;
    CHECK(world.activate(request).outcome == Outcome::committed);
  }
}

TEST_CASE("a cancel, and a commit since, tell nothing against a closure", "[engine]") {
  Settled settled;
  auto& world = settled.world;
  const auto next = world.closure("web-2");
  auto request = world.request(next, ConfirmMode::manual);
  const auto id = world.activate_until(request, Phase::awaiting_confirmation);
  REQUIRE(world.engine->cancel({id, "not today"}));
  REQUIRE(world.await_outcome().outcome == Outcome::reverted);
  request = world.request(next);
  request.retry_rejected = false;
  CHECK(world.activate(request).outcome == Outcome::committed);
}
