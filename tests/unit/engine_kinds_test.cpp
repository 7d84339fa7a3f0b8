// SPDX-License-Identifier: MIT
// Closures that are activated by a program of their own: NixOS systems and scripts; and the ways to activate
// that are no plain switch: tests, dry runs, rollbacks, removals, and reverting switched off.
#include "activator/engine/history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fakes/world.hpp"

#include <algorithm>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const ProfileName kSystem = *ProfileName::parse("system");

/// A NixOS host on which nixos-1 runs; its programs restart web.service as switch-to-configuration would.
struct NixosHost {
  std::map<std::pair<StorePath, std::string>, int> exits;  // of a closure's program, by its verb
  std::optional<StorePath> boot_entry;
  bool breaks_web = false;
  int runs = 0;
  World world;
  StorePath old_system = add_system("nixos-1");
  NixosHost() {
    world.run.current_system = old_system;
    world.disk.profiles["/profiles/root/system"] = {{old_system}, 0};
    world.systemd->add_foreign("web.service", "/etc/systemd/system/web.service");
    world.vendor_units.emplace_back("web.service");
    world.boot_system = old_system;
  }

  StorePath add_system(const std::string& name) {
    const auto closure = world.closure_of(name, {});
    world.disk.contents[closure] = {.has_switch_to_configuration = true, .script = "activate"};
    set_exit(closure, "test", 0);
    return closure;
  }
  static std::string program(const StorePath& closure) {
    return closure.text() + "/bin/switch-to-configuration";
  }
  /// How `verb` of `closure` ends; a test that is not refused makes it the current system.
  void set_exit(const StorePath& closure, const std::string& verb, int status) {
    exits[{closure, verb}] = status;
    world.programs->effects[program(closure)] = [this, closure](const ProgramRun& run) {
      const auto& asked = run.argv.at(1);
      const auto found = exits.find({closure, asked});
      const int exit = found == exits.end() ? 0 : found->second;
      if (asked == "test" && (exit == 0 || exit == 4 || exit == 2)) {
        world.run.current_system = closure;
        world.systemd->set_active("web.service", exit == 4 && breaks_web ? "failed" : "active");
        world.systemd->set_invocation("web.service", closure.name() + std::to_string(++runs));
      }
      if (asked == "boot" && exit == 0) boot_entry = closure;
      return ProgramEnd{true, exit, "", {"what it said last"}};
    };
  }
  /// What running `closure`'s program does besides.
  void also(const StorePath& closure, const std::function<void(const ProgramRun&)>& effect) {
    auto& whole = world.programs->effects[program(closure)];
    whole = [before = whole, effect](const ProgramRun& run) {
      effect(run);
      return before(run);
    };
  }
  ActivateRequest request(const StorePath& closure, ConfirmMode confirm = ConfirmMode::none) const {
    auto request = world.request(closure, confirm);
    request.changes.front().profile = kSystem;
    return request;
  }
  std::string profile() {
    const auto current = world.profiles->current({"/profiles/root/system", "root"});
    return current && *current ? (*current)->closure.name() : "";
  }
  void check_runs(const std::string& name) {
    CHECK(world.run.current_system->name() == name);
    CHECK(profile() == name);
    CHECK((!boot_entry || boot_entry->name() == name));
    CHECK_FALSE(world.disk.record);
  }
};

/// A host with a profile «app» of scripts; app-1 has been activated.
struct ScriptHost {
  World world;
  StorePath first = add("app-1");
  ScriptHost() { REQUIRE(world.activate(world.request(first)).outcome == Outcome::committed); }
  StorePath add(const std::string& name, const std::string& script = "deploy-rs-activate") {
    const auto closure = world.closure_of(name, {});
    world.disk.contents[closure] = {.script = script};
    return closure;
  }
  std::string profile() {
    const auto current = world.profiles->current({"/profiles/root/app", "root"});
    return current && *current ? (*current)->closure.name() : "";
  }
};

std::string all_of(const std::vector<Cause>& causes) {
  std::string text;
  for (const auto& cause : causes) text += cause.message + "\n";
  return text;
}

bool told(const World& world, const std::string& text) {
  return std::any_of(world.events.begin(), world.events.end(), [&](const Event& event) {
    const auto* warning = std::get_if<WarningEvent>(&event.body);
    return warning != nullptr && warning->message.find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a NixOS system is tested first, and its profile and boot entry change at the commit alone",
          "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  const auto id =
      host.world.activate_until(host.request(next, ConfirmMode::automatic), Phase::awaiting_confirmation);
  CHECK(host.world.run.current_system == next);
  CHECK(host.profile() == "nixos-1");
  CHECK_FALSE(host.boot_entry);
  REQUIRE(host.world.confirm(id));
  CHECK(host.world.await_outcome().outcome == Outcome::committed);
  CHECK(host.boot_entry == next);
  host.check_runs("nixos-2");
  CHECK(host.world.programs->runs ==
        std::vector<std::string>{NixosHost::program(next) + " test", NixosHost::program(next) + " boot"});
}

TEST_CASE("a switch that fails goes back by the old system's own program", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  const int status = GENERATE(1, 2, 101);
  host.set_exit(next, "test", status);
  const auto outcome = host.world.activate(host.request(next));
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("exit status " + std::to_string(status)));
  CHECK(outcome.causes.front().log == std::vector<std::string>{"what it said last"});
  CHECK(host.world.programs->runs.back() == NixosHost::program(host.old_system) + " test");
  CHECK(host.world.host->resume_lists_dropped == 1);
  host.check_runs("nixos-1");
}

TEST_CASE("a system that only a reboot can bring up is told so, and nothing stays of it", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.set_exit(next, "test", 100);
  const auto outcome = host.world.activate(host.request(next));
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("reboot"));
  host.check_runs("nixos-1");
}

TEST_CASE("exit status 4 says that some unit failed: the gate finds out whether it counts", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.set_exit(next, "test", 4);
  SECTION("a unit that had failed before does not") {
    host.world.systemd->add_foreign("old.service", "/etc/systemd/system/old.service");
    host.world.systemd->set_active("old.service", "failed");
    CHECK(host.world.activate(host.request(next)).outcome == Outcome::committed);
    CHECK(told(host.world, "exit status 4"));
    host.check_runs("nixos-2");
  }
  SECTION("nor one that the switch has started again, and that has failed once more") {
    host.world.systemd->add_foreign("old.service", "/etc/systemd/system/old.service");
    host.world.systemd->set_active("old.service", "failed");
    host.world.systemd->set_invocation("old.service", "before");
    host.also(next, [&](const ProgramRun&) { host.world.systemd->set_invocation("old.service", "again"); });
    CHECK(host.world.activate(host.request(next)).outcome == Outcome::committed);
    host.check_runs("nixos-2");
  }
  SECTION("a unit that the switch broke does, and is started again by the revert") {
    host.breaks_web = true;
    const auto outcome = host.world.activate(host.request(next));
    CHECK(outcome.outcome == Outcome::reverted);
    CHECK_THAT(all_of(outcome.causes), ContainsSubstring("web.service"));
    CHECK(host.world.systemd->active_state("web.service") == "active");
    host.check_runs("nixos-1");
  }
}

TEST_CASE("a switch that hangs is killed at the deadline, with the jobs it had queued", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.world.programs->hangs.insert(NixosHost::program(next));
  auto request = host.request(next);
  request.activation_timeout = std::chrono::seconds{20};
  const auto outcome = host.world.activate(request);
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("did not end in time"));
  const auto& jobs = host.world.systemd->jobs;
  CHECK(std::count(jobs.begin(), jobs.end(), "cancel all") == 1);
  CHECK(host.world.host->resume_lists_dropped == 1);
  host.check_runs("nixos-1");
}

TEST_CASE("a switch that hangs names the units that it was waiting for", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.world.programs->hangs.insert(NixosHost::program(next));
  auto request = host.request(next);
  request.activation_timeout = std::chrono::seconds{20};
  (void)host.world.activate_until(request, Phase::switching);
  host.world.systemd->set_active("web.service", "activating");
  const auto outcome = host.world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK(outcome.causes.front().unit == "web.service");
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("under way were web.service (activating)"));
}

TEST_CASE("an old system whose activation script fails is gone back to all the same", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.set_exit(next, "test", 2);
  host.set_exit(host.old_system, "test", 2);
  const auto outcome = host.world.activate(host.request(next));
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK(told(host.world, "switch-to-configuration of nixos-1 says that the activation script failed"));
  host.check_runs("nixos-1");
}

TEST_CASE("a switch that somebody else is at is waited for, and nothing of it is cleared away", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  const auto id =
      host.world.activate_until(host.request(next, ConfirmMode::automatic), Phase::awaiting_confirmation);
  host.world.host->lock_holder = "process 123 (switch-to-conf)";
  REQUIRE(host.world.engine->cancel({id, ""}));
  host.world.loop.pass(std::chrono::seconds{5});
  CHECK(host.world.programs->runs.size() == 1);  // the trial's own
  CHECK(host.world.host->resume_lists_dropped == 0);
  CHECK(told(host.world, "waiting for process 123"));
  SECTION("which changes nothing") {
    host.world.host->lock_holder.reset();
    CHECK(host.world.await_outcome().outcome == Outcome::reverted);
    host.check_runs("nixos-1");
  }
  SECTION("which ends on a third system") {
    const auto third = host.add_system("nixos-3");
    host.world.run.current_system = third;
    host.world.host->lock_holder.reset();
    CHECK(host.world.await_outcome().outcome == Outcome::superseded);
    CHECK(host.world.run.current_system == third);
  }
}

TEST_CASE("a boot entry that cannot be written is never a commit: all is set back", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.set_exit(next, "boot", 1);
  const auto outcome = host.world.activate(host.request(next));
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("switch-to-configuration of nixos-2"));
  CHECK(host.boot_entry == host.old_system);
  host.check_runs("nixos-1");
}

TEST_CASE("what speaks against a switch is found before it begins", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  std::string says;
  SECTION("somebody else switches") {
    host.world.host->lock_holder = "process 123 (switch-to-conf)";
    says = "process 123 (switch-to-conf)";
  }
  SECTION("the profile names what does not run") {
    host.world.run.current_system = host.add_system("nixos-by-hand");
    says = "nixos-by-hand";
  }
  SECTION("the host is no NixOS") {
    host.world.run.current_system.reset();
    says = "no NixOS";
  }
  SECTION("it is built for another machine") {
    host.world.closures->architecture = fail(Errc::invalid_closure, "built for aarch64");
    says = "aarch64";
  }
  const auto outcome = host.world.activate(host.request(next));
  CHECK(outcome.outcome == Outcome::refused);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring(says));
  CHECK(host.world.programs->runs.empty());
}

TEST_CASE("a system that somebody else switched to meanwhile is left to them", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  const auto other = host.add_system("nixos-other");
  const auto id =
      host.world.activate_until(host.request(next, ConfirmMode::automatic), Phase::awaiting_confirmation);
  host.world.run.current_system = other;
  SECTION("found by the commit") { CHECK_FALSE(host.world.confirm(id)); }
  SECTION("found by the revert") { REQUIRE(host.world.engine->cancel({id, ""})); }
  CHECK(host.world.await_outcome().outcome == Outcome::superseded);
  CHECK(host.world.run.current_system == other);
  CHECK(host.world.programs->runs.size() == 1);  // the trial's own
}

TEST_CASE("a reboot in the trial of a system needs no program to go back", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  (void)host.world.activate_until(host.request(next, ConfirmMode::automatic), Phase::observing);
  host.world.reboot();
  CHECK(host.world.await_outcome().outcome == Outcome::reverted);
  CHECK(host.world.programs->runs.size() == 1);
  host.check_runs("nixos-1");
}

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
  CHECK(host.world.disk.profiles.at("/profiles/root/app").generations.size() == 2);  // none is deleted
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
