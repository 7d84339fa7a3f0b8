// SPDX-License-Identifier: MIT
// NixOS systems, activated by their own switch-to-configuration.
#include "tests/unit/kinds.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

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

TEST_CASE("an old boot entry that cannot be written again either is no harm while it is the default",
          "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.set_exit(next, "boot", 1);
  host.set_exit(host.old_system, "boot", 1);
  host.world.host->boots = host.old_system;
  const auto outcome = host.world.activate(host.request(next));
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK(told(host.world, "of nixos-1 ended with exit status 1; the default boot entry is the old one still"));
  host.check_runs("nixos-1");
}

TEST_CASE("the system of a deploy-rs generation, committed plainly and in vain, is set back to that",
          "[nixos]") {
  NixosHost host;
  const auto wrapper = host.world.closure_of("activatable-nixos-1", {});
  host.world.disk.contents[wrapper] = {.script = "deploy-rs-activate", .wrapped = host.old_system};
  host.world.disk.profiles["/profiles/root/system"] = {{wrapper}, 0};
  host.set_exit(host.old_system, "boot", 1);
  host.world.host->boots = host.old_system;
  CHECK(host.world.activate(host.request(host.old_system)).outcome == Outcome::reverted);
  CHECK(host.profile() == "activatable-nixos-1");
  CHECK(host.generations() == std::vector<std::string>{"activatable-nixos-1"});
}

TEST_CASE("a boot entry that stays the new one is told, and all else is set back", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  host.set_exit(next, "boot", 1);
  host.set_exit(host.old_system, "boot", 1);
  std::string says = "what a boot would start cannot be told";
  SECTION("the default is the new one") {
    host.world.host->boots = next;
    says = "a boot would start " + next.text();
  }
  SECTION("what the default is cannot be told") {}
  const auto outcome = host.world.activate(host.request(next));
  CHECK(outcome.outcome == Outcome::revert_failed);
  CHECK_THAT(all_of(outcome.causes), ContainsSubstring("of nixos-1 ended with exit status 1; " + says));
  host.check_runs("nixos-1");
}

TEST_CASE("an activator that dies while the boot entry is written writes it again", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  const auto id =
      host.world.activate_until(host.request(next, ConfirmMode::automatic), Phase::awaiting_confirmation);
  host.world.engine->confirm({id}, host.world.loop.boottime_ms(), [](const Result<ActivationStatus>&) {});
  const auto boot = NixosHost::program(next) + " boot";
  REQUIRE(host.world.loop.run_until([&] { return host.world.programs->runs.back() == boot; }));
  host.world.kill_activator();
  CHECK(host.world.await_outcome().outcome == Outcome::committed);
  CHECK(host.boot_entry == next);
  host.check_runs("nixos-2");
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

TEST_CASE("a system that somebody has switched back from amid its commit is not committed", "[nixos]") {
  NixosHost host;
  const auto next = host.add_system("nixos-2");
  const auto id =
      host.world.activate_until(host.request(next, ConfirmMode::automatic), Phase::awaiting_confirmation);
  host.world.host->lock_holder = "process 123 (switch-to-conf)";
  host.world.engine->confirm({id}, host.world.loop.boottime_ms(), [](const Result<ActivationStatus>&) {});
  REQUIRE(host.world.loop.run_until([&] { return host.profile() == "nixos-2"; }));
  host.world.run.current_system = host.old_system;
  host.world.host->lock_holder.reset();
  CHECK(host.world.await_outcome().outcome == Outcome::superseded);
  host.check_runs("nixos-1");
  CHECK(host.boot_entry == host.old_system);
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
