// SPDX-License-Identifier: MIT
// The gate's checks over a whole activation: asked beforehand, while it is observed and until it is
// confirmed, and never of a revert.
#include "tests/support/catch.hpp"
#include "tests/support/fakes/world.hpp"
#include "tests/unit/kinds.hpp"

#include <algorithm>
#include <string>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

CheckPolicy check(bool required = true) {
  CheckPolicy policy{.question = ExecCheck{{"/bin/check"}, ""}, .required = required};
  policy.interval = 1s;
  return policy;
}

/// A host on which web-1 was committed, and web-2 is asked for with a check «http».
struct Checked {
  World world;
  ActivateRequest request;
  explicit Checked(const CheckPolicy& policy = check(), ConfirmMode confirm = ConfirmMode::none)
      : request(world.request(world.closure("web-2"), confirm)) {
    REQUIRE(world.activate(world.request(world.closure("web-1"))).outcome == Outcome::committed);
    request.gate.soak = 3s;
    request.gate.deadline = 30s;
    request.gate.checks.emplace("http", policy);
  }
  /// What it answers while web-1 runs, and while web-2 does.
  void answers(std::function<CheckTry()> before, std::function<CheckTry()> in_trial) {
    world.prober.answers["http"] = [this, before, in_trial] {
      return world.running_closure() == "web-2" ? in_trial() : before();
    };
  }
  [[nodiscard]] std::vector<CheckEvent> told() const {
    std::vector<CheckEvent> events;
    for (const auto& event : world.events) {
      if (const auto* body = std::get_if<CheckEvent>(&event.body)) events.push_back(*body);
    }
    return events;
  }
  void check_is_back() {
    CHECK(world.running_closure() == "web-1");
    CHECK(world.profile_closure() == "web-1");
    CHECK(world.prober.under_way == 0);
  }
};

std::function<CheckTry()> good() {
  return [] { return passes(); };
}
std::function<CheckTry()> bad() {
  return [] { return misses("answered 502, not 200", "bad gateway"); };
}

}  // namespace

TEST_CASE("a generation whose check passes is committed, and the check was asked before and throughout",
          "[checks]") {
  Checked checked;
  CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
  // Once beforehand, and every second of the soak.
  CHECK(checked.world.prober.asked.size() >= 4);
  CHECK(checked.world.prober.under_way == 0);
  const auto told = checked.told();
  REQUIRE(told.size() == 2);
  CHECK(told[0].state == CheckState::passed);
  CHECK(told[1].state == CheckState::passed);
}

TEST_CASE("programs of checks are held against a garbage collection until the activation has ended",
          "[checks]") {
  const std::string program = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-probe";
  auto policy = check();
  policy.question = ExecCheck{{program + "/bin/probe"}, ""};
  Checked checked(policy);
  bool held = false;
  checked.answers(good(), [&] {
    for (const auto& [name, closure] : checked.world.profiles->pins) held = held || closure.text() == program;
    return passes();
  });
  CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
  CHECK(held);
  CHECK(checked.world.profiles->pins.empty());
}

TEST_CASE("a generation whose check never passes is reverted at the deadline, with what the check said",
          "[checks]") {
  Checked checked;
  checked.answers(good(), bad());
  const auto outcome = checked.world.activate(checked.request);
  CHECK(outcome.outcome == Outcome::reverted);
  REQUIRE(outcome.causes.size() == 2);
  CHECK(outcome.causes[0].message == "not healthy within 30 s");
  CHECK(outcome.causes[1].message == "check http: answered 502, not 200");
  CHECK(outcome.causes[1].log == std::vector<std::string>{"bad gateway"});
  checked.check_is_back();
}

TEST_CASE("a check that fails after it has passed reverts at once", "[checks]") {
  Checked checked;
  int tries = 0;
  checked.answers(good(), [&] { return ++tries <= 1 ? passes() : misses(); });
  const auto begun = checked.world.loop.boottime_ms();
  const auto outcome = checked.world.activate(checked.request);
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("check http: answered 502"));
  CHECK(checked.world.loop.boottime_ms() - begun < 20'000);
  checked.check_is_back();
}

TEST_CASE("one miss among passes begins the soak anew, and no more", "[checks]") {
  Checked checked;
  int tries = 0;
  std::int64_t missed_ms = 0;
  checked.answers(good(), [&] {
    if (++tries != 3) return passes();
    missed_ms = checked.world.loop.boottime_ms();
    return misses();
  });
  CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
  CHECK(checked.world.loop.boottime_ms() - missed_ms >= 3000);
}

TEST_CASE("a check that fails while the confirm is awaited reverts", "[checks]") {
  Checked checked(check(), ConfirmMode::automatic);
  bool broken = false;
  checked.answers(good(), [&] { return broken ? misses() : passes(); });
  checked.request.confirm_timeout = 30s;
  checked.world.activate_until(checked.request, Phase::awaiting_confirmation);
  broken = true;
  const auto outcome = checked.world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("check http: "));
}

TEST_CASE("a check that is not required is a warning, whatever it says", "[checks]") {
  Checked checked(check(false));
  checked.answers(bad(), bad());
  CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
  CHECK(told(checked.world, "check http, which is not required, fails: answered 502, not 200"));
  CHECK(checked.world.prober.asked.size() > 1);
}

TEST_CASE("a check that is not required and has not passed by the end of the soak is told of", "[checks]") {
  Checked checked(check(false));
  checked.request.gate.soak = 0s;
  checked.world.prober.hangs = {"http"};
  CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
  CHECK(told(checked.world, "not required, and has not passed: check http: "));
}

TEST_CASE("a check that failed beforehand must pass all the same, and its evidence says so", "[checks]") {
  Checked checked;
  SECTION("it does") {
    checked.answers(bad(), good());
    CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
    CHECK(checked.told().front().state == CheckState::failed);
  }
  SECTION("it does not") {
    checked.answers(bad(), bad());
    const auto outcome = checked.world.activate(checked.request);
    CHECK(outcome.outcome == Outcome::reverted);
    CHECK_THAT(outcome.causes.back().message, ContainsSubstring("; it failed before too"));
    checked.check_is_back();
  }
  SECTION("it does not, and need not") {
    checked.answers(bad(), bad());
    checked.request.gate.prefailing = Prefailing::tolerate;
    CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
    CHECK(told(checked.world, "check http fails already, and need not pass in the trial"));
  }
  SECTION("which an activator that is started again still knows") {
    checked.answers(bad(), bad());
    checked.world.activate_until(checked.request, Phase::observing);
    checked.world.kill_activator();
    CHECK(checked.world.prober.abandoned == 1);
    const auto outcome = checked.world.await_outcome();
    CHECK_THAT(outcome.causes.back().message, ContainsSubstring("; it failed before too"));
  }
}

TEST_CASE("checks begin afresh when the activator was started again", "[checks]") {
  Checked checked;
  int tries = 0;
  // Three misses after a pass would be a failure; after the restart they are of one that never passed.
  checked.answers(good(), [&] { return ++tries == 1 || tries > 5 ? passes() : misses(); });
  checked.world.activate_until(checked.request, Phase::observing);
  REQUIRE(checked.world.loop.run_until([&] { return tries == 1; }));
  checked.world.kill_activator();
  CHECK(checked.world.await_outcome().outcome == Outcome::committed);
}

TEST_CASE("an activator that is started again while the confirm is awaited waits for no first pass",
          "[checks]") {
  Checked checked(check(), ConfirmMode::automatic);
  bool broken = false;
  checked.answers(good(), [&] { return broken ? misses() : passes(); });
  checked.request.confirm_timeout = 30s;
  checked.world.activate_until(checked.request, Phase::awaiting_confirmation);
  broken = true;
  checked.world.kill_activator();
  const auto outcome = checked.world.await_outcome();
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("check http: answered 502"));
}

TEST_CASE("a check that cannot be asked is refused before anything is changed", "[checks]") {
  Checked checked;
  SECTION("its program is not there") { checked.world.prober.missing_programs = {"/bin/check"}; }
  SECTION("it could not be started") {
    checked.answers(
        [] {
          return CheckTry{CheckAnswer::impossible, "No such file or directory", ""};
        },
        good());
  }
  checked.world.loop.pass(1s);  // what web-1 left to be tidied up
  checked.world.systemd->jobs.clear();
  const auto outcome = checked.world.activate(checked.request);
  CHECK(outcome.outcome == Outcome::refused);
  CHECK_THAT(outcome.causes.front().message, ContainsSubstring("check http cannot be asked on this host: ") &&
                                                 ContainsSubstring("No such file or directory"));
  CHECK(checked.world.systemd->jobs.empty());
  checked.check_is_back();
}

TEST_CASE("what a gate would be refused for, and what it names in vain, is known without an activation",
          "[checks]") {
  Checked checked;
  checked.world.prober.missing_programs = {"/bin/check"};
  checked.request.gate.critical = {"wbe.service"};
  std::optional<Result<GateAdvice>> advice;
  checked.world.engine->check_gate(checked.request.gate, [&](Result<GateAdvice> said) { advice = said; });
  checked.world.loop.pass(1s);
  REQUIRE(advice);
  REQUIRE(*advice);
  REQUIRE((*advice)->problems.size() == 1);
  CHECK_THAT((*advice)->problems.front(), ContainsSubstring("check http cannot be asked on this host"));
  REQUIRE((*advice)->warnings.size() == 1);
  CHECK_THAT((*advice)->warnings.front(), ContainsSubstring("did you mean web.service?"));
  CHECK(checked.world.prober.asked.empty());
}

TEST_CASE("a check that hangs beforehand delays by its timeout, and one that hangs in the trial is a miss",
          "[checks]") {
  Checked checked;
  checked.world.prober.hangs = {"http"};
  const auto outcome = checked.world.activate(checked.request);
  CHECK(outcome.outcome == Outcome::reverted);
  CHECK_THAT(outcome.causes.back().message, ContainsSubstring("check http: did not answer in time"));
  checked.check_is_back();
}

TEST_CASE("checks never count against a revert", "[checks]") {
  Checked checked;
  checked.answers(bad(), bad());
  checked.world.activate_until(checked.request, Phase::reverting);
  const auto asked = checked.world.prober.asked.size();
  CHECK(checked.world.prober.under_way == 0);
  CHECK(checked.world.await_outcome().outcome == Outcome::reverted);
  CHECK(checked.world.prober.asked.size() == asked);
}

TEST_CASE("a cancel while the checks are tried beforehand leaves none of them running", "[checks]") {
  Checked checked;
  checked.world.prober.hangs = {"http"};
  const auto id = checked.request.id;
  REQUIRE(checked.world.engine->activate(checked.request, "root"));
  checked.world.follow(id);
  checked.world.loop.pass(100ms);
  CHECK(checked.world.prober.under_way == 1);
  REQUIRE(checked.world.engine->cancel({id, ""}));
  CHECK(checked.world.await_outcome().outcome == Outcome::refused);
  CHECK(checked.world.prober.under_way == 0);
}

TEST_CASE("without auto-rollback a failing check is told once, however often it fails differently",
          "[checks]") {
  Checked checked(check(), ConfirmMode::automatic);
  checked.request.auto_rollback = false;
  int tries = 0;
  checked.answers(good(), [&] {
    ++tries;
    return tries == 1 ? passes() : misses("answered 502, not 200", "at " + std::to_string(tries));
  });
  const auto id = checked.world.activate_until(checked.request, Phase::awaiting_confirmation);
  checked.world.loop.pass(10s);
  REQUIRE(checked.world.confirm(id));
  const auto outcome = checked.world.await_outcome();
  CHECK(outcome.outcome == Outcome::committed_unhealthy);
  CHECK(outcome.causes.size() == 1);
}

TEST_CASE("a glob of the gate that matches nothing is warned of, with the nearest unit", "[checks]") {
  Checked checked;
  checked.request.gate.ignore = {"wbe.service", "ssh.service"};
  CHECK(checked.world.activate(checked.request).outcome == Outcome::committed);
  CHECK(told(checked.world, "«wbe.service» matches no unit"));
  CHECK(told(checked.world, "did you mean web.service?"));
  CHECK_FALSE(told(checked.world, "«ssh.service»"));
}
