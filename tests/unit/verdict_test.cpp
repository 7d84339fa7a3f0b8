// SPDX-License-Identifier: MIT
#include "activator/core/verdict.hpp"

#include "activator/core/blame.hpp"
#include "activator/core/first_cause.hpp"
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
  const auto reading = judge(now, {}, expected);
  CHECK(reading.verdict == UnitVerdict::unhealthy);
  CHECK(reading.causes.front().other);
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
    expected.baseline[unit("ssh.service")] = running();
    CHECK(judge({{kWeb, running()}, {unit("ssh.service"), failed()}}, {}, expected).verdict ==
          UnitVerdict::unhealthy);
  }
  SECTION("and so is what did not run before, and has failed since") {
    CHECK(judge({{kWeb, running()}, {unit("backup.service"), failed()}}, {}, expected).verdict ==
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

TEST_CASE("a unit that failed and is about to be started again is waited for", "[verdict]") {
  auto between = failed();
  SECTION("by somebody's job") { between.has_job = true; }
  SECTION("by systemd, which for a moment calls it failed") { between.sub = "failed-before-auto-restart"; }
  SECTION("by systemd, which calls it inactive") {
    between.active = "inactive";
    between.sub = "dead-before-auto-restart";
  }
  CHECK(verdict_on(between) == UnitVerdict::pending);
}

TEST_CASE("a frozen unit does not serve", "[verdict]") {
  auto frozen = running();
  frozen.frozen = true;
  CHECK(verdict_on(frozen) == UnitVerdict::pending);
}

TEST_CASE("a service that its own condition kept from running is well", "[verdict]") {
  auto skipped = running();
  skipped.active = "inactive";
  skipped.result = "exec-condition";
  CHECK(verdict_on(skipped) == UnitVerdict::healthy);
  auto critical = touching_web();
  critical.policy.critical = {"web.service"};
  CHECK(verdict_on(skipped, critical) == UnitVerdict::unhealthy);
}

TEST_CASE("a unit that runs on after a reload that failed is unhealthy", "[verdict]") {
  auto expected = touching_web();
  expected.started.clear();
  auto state = running();
  state.reload_result = "exit-code";
  CHECK(verdict_on(state, expected) == UnitVerdict::healthy);  // nobody asked for it here
  expected.reloaded = {kWeb};
  const auto reading = judge({{kWeb, state}}, {}, expected);
  CHECK(reading.verdict == UnitVerdict::unhealthy);
  CHECK_THAT(reading.causes.front().message, ContainsSubstring("could not be reloaded"));
}

TEST_CASE("what a closure defines and nobody touched counts when it newly fails", "[verdict]") {
  const auto job = unit("job.service");
  auto expected = touching_web();
  expected.near = {job};
  const auto verdict = [&](const UnitSnapshot& state) {
    return judge({{kWeb, running()}, {job, state}}, {}, expected).verdict;
  };
  CHECK(verdict(running()) == UnitVerdict::healthy);
  CHECK(verdict(failed()) == UnitVerdict::unhealthy);
  CHECK(verdict(restarting(1)) == UnitVerdict::pending);
  CHECK(verdict(restarting(2)) == UnitVerdict::unhealthy);
  SECTION("it need not run") {
    auto stopped = running();
    stopped.active = "inactive";
    CHECK(verdict(stopped) == UnitVerdict::healthy);
  }
  SECTION("it is waited for while it starts, unless a timer or traffic started it") {
    auto starting = running();
    starting.active = "activating";
    CHECK(verdict(starting) == UnitVerdict::pending);
    starting.triggered_by = {"job.timer"};
    CHECK(verdict(starting) == UnitVerdict::healthy);
  }
  SECTION("what had failed before does not count") {
    expected.baseline[job] = failed();
    CHECK(verdict(failed()) == UnitVerdict::healthy);
  }
}

TEST_CASE("a unit nobody touched that restarted before, too, is not blamed on the deployment", "[verdict]") {
  const auto agent = unit("agent.service");
  auto expected = touching_web();
  expected.near = {agent};
  auto before = running();
  before.restarts = 40;
  before.changed_us = 1'000'000'000;
  expected.baseline[agent] = before;
  const auto verdict_when_it_crashes_after = [&](std::uint64_t seconds) {
    auto crashed = restarting(40);
    crashed.changed_us = before.changed_us + seconds * 1'000'000;
    auto track = start_track(agent, crashed, expected);
    track = follow(follow(track, restarting(41)), restarting(42));
    return judge({{kWeb, running()}, {agent, restarting(42)}}, {{agent, track}}, expected).verdict;
  };
  CHECK(verdict_when_it_crashes_after(5) == UnitVerdict::healthy);
  CHECK(verdict_when_it_crashes_after(3600) == UnitVerdict::unhealthy);
}

TEST_CASE("a unit beside the deployment that begins to restart again and again is a warning", "[verdict]") {
  const auto agent = unit("agent.service");
  auto expected = touching_web();
  expected.baseline[agent] = running();
  auto track = start_track(agent, restarting(0), expected);
  track = follow(follow(track, restarting(1)), restarting(2));
  const Snapshot now{{kWeb, running()}, {agent, restarting(2)}};
  CHECK(judge(now, {{agent, track}}, expected).verdict == UnitVerdict::healthy);
  REQUIRE(judge(now, {{agent, track}}, expected).warnings.size() == 1);
  CHECK_THAT(judge(now, {{agent, track}}, expected).warnings.front(),
             ContainsSubstring("was restarted 2 times"));
  expected.policy.strict = true;
  CHECK(judge(now, {{agent, track}}, expected).verdict == UnitVerdict::unhealthy);
}

TEST_CASE("what touched units trigger, and what depends on them, is near", "[verdict]") {
  auto timer = running("");
  timer.triggers = {"job.service"};
  timer.dependents = {"report.service", "session-1.scope"};
  CHECK(units_near({unit("job.timer")}, {{unit("job.timer"), timer}, {kWeb, running()}}) ==
        std::set<UnitName>{unit("job.service"), unit("report.service")});
}

TEST_CASE("the run that is blamed is the one that broke, not the one after it", "[verdict]") {
  const std::string broken = "11111111111111111111111111111111";
  const std::string next = "22222222222222222222222222222222";
  auto state = running();
  state.invocation = broken;
  auto track = start_track(kWeb, state, touching_web());
  state.invocation = next;
  state.restarts = 2;
  track = follow(track, state);
  const auto reading = judge({{kWeb, state}}, {{kWeb, track}}, touching_web());
  REQUIRE(reading.verdict == UnitVerdict::unhealthy);
  CHECK(reading.causes.front().invocation == broken);
  CHECK(reading.causes.front().restarts == 2);
}

TEST_CASE("among units that broke, the one that the others need is the first cause", "[verdict]") {
  auto expected = touching_web();
  const auto db = unit("db.service");
  expected.touched.insert(db);
  auto web = failed();
  auto database = failed("exit-code", 5);
  web.changed_us = 1;  // it noticed at once
  database.changed_us = 2;
  const auto first = [&] { return judge({{kWeb, web}, {db, database}}, {}, expected).causes.front().unit; };
  CHECK(first() == "web.service");
  SECTION("as it is required") {
    database.dependents = {"web.service"};
    CHECK(first() == "db.service");
  }
  SECTION("as it is started first") {
    web.after = {"db.service"};
    CHECK(first() == "db.service");
  }
  SECTION("even one that goes on restarting, which the other waited for in vain") {
    web.after = {"db.service"};
    database = restarting(1);
    CHECK(first() == "db.service");
  }
}

TEST_CASE("a socket that gave up is explained by the service that it starts", "[verdict]") {
  auto socket = failed("service-start-limit-hit", 0);
  socket.triggers = {"web.service"};
  auto web = failed("start-limit-hit", 0);
  web.after = {"web.socket"};
  auto expected = touching_web();
  expected.touched.insert(unit("web.socket"));
  const auto reading = judge({{unit("web.socket"), socket}, {kWeb, web}}, {}, expected);
  CHECK(reading.causes.front().unit == "web.service");
}

TEST_CASE("causes that explain each other in a circle come in the order in which they happened",
          "[verdict]") {
  auto one = failed();
  one.after = {"b.service"};
  one.changed_us = 2;
  auto other = failed();
  other.after = {"a.service"};
  other.changed_us = 1;
  const Snapshot now{{unit("a.service"), one}, {unit("b.service"), other}};
  std::vector<Cause> causes{blame(unit("a.service"), "a", one), blame(unit("b.service"), "b", other)};
  first_cause_first(causes, now);
  REQUIRE(causes.size() == 2);
  CHECK(causes.front().unit == "b.service");
}

TEST_CASE("what may be the reason is what comes before those blamed, at one remove or more", "[verdict]") {
  UnitSnapshot web;
  web.after = {"app.service", "network.target"};  // which is not looked at
  UnitSnapshot app;
  UnitSnapshot database;
  database.dependents = {"app.service"};
  UnitSnapshot timer;
  timer.triggers = {"web.service"};  // it starts it, and fails because of it
  const Snapshot now{{kWeb, web},
                     {unit("app.service"), app},
                     {unit("database.service"), database},
                     {unit("web.timer"), timer},
                     {unit("other.service"), {}}};
  CHECK(units_before({blame(kWeb, "why", web)}, now) ==
        std::set{unit("app.service"), unit("database.service")});
  CHECK(units_before({blame(unit("database.service"), "why", database)}, now).empty());
}

TEST_CASE("a command beside the main process that failed is named", "[verdict]") {
  auto state = failed("exit-code", 0);
  state.exec_code = 0;
  state.command = "ExecStartPre";
  state.command_code = CLD_EXITED;
  state.command_status = 78;
  CHECK(end_in_words(state) == "failed in ExecStartPre=, which exited with status 78");
  CHECK(blame(kWeb, "why", state).exit_status == 78);
  SECTION("even when the main process was killed because of it") {
    state.exec_code = CLD_KILLED;
    state.exec_status = SIGTERM;
    CHECK(end_in_words(state) == "failed in ExecStartPre=, which exited with status 78");
  }
  SECTION("unless that is not how the unit ended") {
    state.result = "signal";
    state.exec_code = CLD_KILLED;
    state.exec_status = SIGKILL;
    CHECK(end_in_words(state) == "was killed by SIGKILL");
  }
}

TEST_CASE("each kind of end has its hint", "[verdict]") {
  const auto [state, words] = GENERATE(table<UnitSnapshot, std::string>({
      {failed("exit-code", 1), "its own last lines"},
      {failed("exit-code", 203), "interpreter"},
      {failed("exit-code", 217), "User="},
      {failed("exit-code", 200), "WorkingDirectory="},
      {failed("exit-code", 127), "did not find a program"},
      {failed("signal", SIGKILL), "killed it"},
      {failed("core-dump", SIGSEGV), "coredumpctl"},
      {failed("timeout", 0), "TimeoutStartSec="},
      {failed("watchdog", SIGABRT), "WatchdogSec="},
      {failed("oom-kill", SIGKILL), "MemoryMax="},
      {failed("start-limit-hit", 1), "the first time"},
      {failed("protocol", 0), "Type="},
      {failed("resources", 0), "EnvironmentFile="},
  }));
  CHECK_THAT(hint_for(state), ContainsSubstring(words));
  CHECK_THAT(blame(kWeb, "why", state).hint, ContainsSubstring(words));
}

TEST_CASE("a unit that systemd could not load, and a job that never ran, have their hints, too",
          "[verdict]") {
  auto state = running();
  state.load = "bad-setting";
  CHECK_THAT(hint_for(state), ContainsSubstring("systemd-analyze verify"));
  CHECK_THAT(hint_for_job("dependency"), ContainsSubstring("look at that one first"));
  CHECK(hint_for_job("novel").empty());
  CHECK(hint_for(running()).empty());
}
