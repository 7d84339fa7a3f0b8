// SPDX-License-Identifier: MIT
#include "activator/core/verdict.hpp"

#include "tests/support/catch.hpp"

#include <csignal>
#include <string>

using namespace switchback;
using Catch::Matchers::ContainsSubstring;

namespace {

UnitName unit(const std::string& name) { return *UnitName::parse(name); }
const UnitName kWeb = unit("web.service");

UnitSnapshot running(const std::string& type = "simple") {
  UnitSnapshot state;
  state.load = "loaded";
  state.active = "active";
  state.sub = "running";
  state.result = "success";
  state.service_type = type;
  state.invocation = "0123456789abcdef0123456789abcdef";
  return state;
}

UnitSnapshot failed(const std::string& result = "exit-code", int status = 1) {
  auto state = running();
  state.active = state.sub = "failed";
  state.result = result;
  state.exec_code = result == "exit-code" ? CLD_EXITED : CLD_KILLED;
  state.exec_status = status;
  return state;
}

UnitSnapshot restarting(std::uint32_t restarts) {
  auto state = failed();
  state.active = "activating";
  state.sub = "auto-restart";
  state.restarts = restarts;
  return state;
}

Expectation touching_web() {
  Expectation expected;
  expected.touched = expected.must_run = expected.started = {kWeb};
  return expected;
}

UnitVerdict verdict_on(const UnitSnapshot& web, const Expectation& expected = touching_web()) {
  return judge({{kWeb, web}}, {}, expected).verdict;
}

}  // namespace

TEST_CASE("a touched service is judged by what systemd says of it", "[verdict]") {
  const auto activating = [] {
    auto state = running("notify");
    state.active = "activating";
    state.sub = "start";
    return state;
  }();
  CHECK(verdict_on(running()) == UnitVerdict::healthy);
  CHECK(verdict_on(failed()) == UnitVerdict::unhealthy);
  CHECK(verdict_on(activating) == UnitVerdict::pending);
  CHECK(verdict_on(restarting(1)) == UnitVerdict::pending);
  CHECK(verdict_on(restarting(2)) == UnitVerdict::unhealthy);
}

TEST_CASE("a oneshot that ran to its end is healthy without running", "[verdict]") {
  auto done = running("oneshot");
  done.active = "inactive";
  done.sub = "dead";
  CHECK(verdict_on(done) == UnitVerdict::healthy);
  done.result = "exit-code";
  CHECK(verdict_on(done) == UnitVerdict::unhealthy);
  done.result = "success";
  done.invocation.clear();
  CHECK(verdict_on(done) == UnitVerdict::unhealthy);
}

TEST_CASE("a service that ended by itself is not healthy, however clean its end", "[verdict]") {
  auto stopped = running();
  stopped.active = "inactive";
  stopped.sub = "dead";
  CHECK(verdict_on(stopped) == UnitVerdict::unhealthy);
  SECTION("unless a condition kept it from running") {
    stopped.condition = false;
    CHECK(verdict_on(stopped) == UnitVerdict::healthy);
    auto critical = touching_web();
    critical.policy.critical = {"web.*"};
    CHECK(verdict_on(stopped, critical) == UnitVerdict::unhealthy);
  }
  SECTION("or its socket starts it when it is needed") {
    stopped.triggered_by = {"web.socket"};
    CHECK(verdict_on(stopped) == UnitVerdict::healthy);
  }
  SECTION("or it was not asked to run") {
    auto expected = touching_web();
    expected.must_run.clear();
    CHECK(verdict_on(stopped, expected) == UnitVerdict::healthy);
  }
}

TEST_CASE("a unit that systemd cannot load is unhealthy, one that an administrator masked is not judged",
          "[verdict]") {
  auto state = running();
  state.active = "inactive";
  state.load = "bad-setting";
  CHECK(verdict_on(state) == UnitVerdict::unhealthy);
  state.load = "not-found";
  CHECK(verdict_on(state) == UnitVerdict::unhealthy);
  state.load = "masked";
  CHECK(verdict_on(state) == UnitVerdict::healthy);
}

TEST_CASE("a unit whose definition is gone must not run any more", "[verdict]") {
  auto expected = touching_web();
  expected.must_run.clear();
  auto state = running();
  state.load = "not-found";
  CHECK(verdict_on(state, expected) == UnitVerdict::unhealthy);
  state.active = "deactivating";
  CHECK(verdict_on(state, expected) == UnitVerdict::pending);
  state.active = "inactive";
  CHECK(verdict_on(state, expected) == UnitVerdict::healthy);
}

TEST_CASE("restarts are counted although NRestarts is reset in between", "[verdict]") {
  const auto expected = touching_web();
  auto track = start_track(kWeb, restarting(0), expected);
  track = follow(track, restarting(1));
  CHECK(track.flaps() == 1);
  track = follow(track, running());  // somebody restarted it: NRestarts is zero again
  CHECK(track.flaps() == 1);
  track = follow(track, restarting(1));
  CHECK(track.flaps() == 2);
}

TEST_CASE("restarts from before a mere reload do not count", "[verdict]") {
  auto expected = touching_web();
  expected.started.clear();
  CHECK(start_track(kWeb, restarting(7), expected).flaps() == 0);
}

TEST_CASE("a crash loop that never rests in failed is found between two restarts", "[verdict]") {
  auto up_again = running();
  up_again.restarts = 2;
  up_again.result = "exit-code";
  const auto reading = judge({{kWeb, up_again}}, {}, touching_web());
  REQUIRE(reading.verdict == UnitVerdict::unhealthy);
  CHECK_THAT(reading.causes.front().message, ContainsSubstring("was restarted 2 times"));
}

TEST_CASE("a restart by somebody is no flap", "[verdict]") {
  auto track = start_track(kWeb, running(), touching_web());
  auto restarted = running();
  restarted.invocation = "fedcba9876543210fedcba9876543210";
  track = follow(track, restarted);
  CHECK(track.flaps() == 0);
}

TEST_CASE("a unit that nobody touched and that newly fails is a warning, an error when strict", "[verdict]") {
  auto expected = touching_web();
  Snapshot now{{kWeb, running()}, {unit("backup.service"), failed()}};
  CHECK(judge(now, {}, expected).verdict == UnitVerdict::healthy);
  CHECK(judge(now, {}, expected).warnings.size() == 1);
  expected.policy.strict = true;
  CHECK(judge(now, {}, expected).verdict == UnitVerdict::unhealthy);
  SECTION("what was bad before does not count even then") {
    expected.baseline[unit("backup.service")] = failed();
    CHECK(judge(now, {}, expected).verdict == UnitVerdict::healthy);
  }
  SECTION("nor does what the policy ignores") {
    expected.policy.ignore = {"back*"};
    CHECK(judge(now, {}, expected).verdict == UnitVerdict::healthy);
  }
}

TEST_CASE("what was bad before and was touched must come up, unless it is expected to fail", "[verdict]") {
  auto expected = touching_web();
  expected.baseline[kWeb] = failed();
  CHECK(verdict_on(failed(), expected) == UnitVerdict::unhealthy);
  expected.policy.expect_failed = {"web.service"};
  CHECK(verdict_on(failed(), expected) == UnitVerdict::healthy);
}

TEST_CASE("a revert is judged against the baseline alone", "[verdict]") {
  auto expected = touching_web();
  expected.reverting = true;
  SECTION("what was bad before may be bad again") {
    expected.baseline[kWeb] = failed();
    CHECK(verdict_on(failed(), expected) == UnitVerdict::healthy);
  }
  SECTION("what ran before must run") {
    expected.baseline[kWeb] = running();
    CHECK(verdict_on(failed(), expected) == UnitVerdict::unhealthy);
  }
  SECTION("whatever else fails newly is worse than before") {
    expected.baseline[kWeb] = running();
    CHECK(judge({{kWeb, running()}, {unit("ssh.service"), failed()}}, {}, expected).verdict ==
          UnitVerdict::unhealthy);
  }
}

TEST_CASE("a critical unit is judged although nobody touched it", "[verdict]") {
  Expectation expected;
  expected.policy.critical = {"ssh.*"};
  expected.baseline[unit("ssh.service")] = running();
  CHECK(judge({{unit("ssh.service"), failed()}}, {}, expected).verdict == UnitVerdict::unhealthy);
  auto stopped = running();
  stopped.active = "inactive";
  CHECK(judge({{unit("ssh.service"), stopped}}, {}, expected).verdict == UnitVerdict::unhealthy);
}

TEST_CASE("the first cause is the unit that broke, not the one that never ran", "[verdict]") {
  auto expected = touching_web();
  expected.touched.insert(unit("app.service"));
  expected.must_run.insert(unit("app.service"));
  auto waiting = running();
  waiting.active = "inactive";
  waiting.invocation.clear();
  const auto reading = judge({{unit("app.service"), waiting}, {kWeb, failed()}}, {}, expected);
  REQUIRE(reading.causes.size() == 2);
  CHECK(reading.causes.front().unit == "web.service");
  CHECK(reading.causes.front().exit_status == 1);
}

TEST_CASE("how a unit ended is said in words", "[verdict]") {
  const auto [state, words] = GENERATE(table<UnitSnapshot, std::string>({
      {failed("exit-code", 1), "exited with status 1"},
      {failed("exit-code", 203), "exited with status 203/EXEC"},
      {failed("signal", SIGSEGV), "was killed by SIGSEGV"},
      {failed("timeout", 0), "timed out"},
      {failed("start-limit-hit", 0), "was started too often (start-limit-hit)"},
      {failed("oom-kill", 0), "was killed for want of memory"},
      {failed("novel-result", 0), "failed (novel-result)"},
  }));
  CHECK(end_in_words(state) == words);
}
