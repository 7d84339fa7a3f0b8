// SPDX-License-Identifier: MIT
#include "activator/engine/failed_jobs.hpp"

#include "tests/support/catch.hpp"

#include <csignal>

using namespace switchback;
using Catch::Matchers::ContainsSubstring;

namespace {

UnitName unit(const std::string& name) { return *UnitName::parse(name); }
const UnitName kWeb = unit("web.service");
const UnitName kDb = unit("db.service");

UnitSnapshot failed(int status = 1) {
  UnitSnapshot state;
  state.load = "loaded";
  state.active = state.sub = "failed";
  state.service_type = "oneshot";
  state.result = "exit-code";
  state.exec_code = CLD_EXITED;
  state.exec_status = status;
  return state;
}

UnitSnapshot never_ran() {
  auto state = failed();
  state.active = "inactive";
  state.result = "success";
  state.exec_code = state.exec_status = 0;
  state.after = {"db.service"};
  return state;
}

JobResult job(const UnitName& name, const std::string& result) { return {name, result, ""}; }

FailedJobs judged(const std::vector<JobResult>& jobs, const Snapshot& now, const GatePolicy& policy = {}) {
  return judge_failed_jobs(JobVerb::start, jobs, now, policy);
}

}  // namespace

TEST_CASE("a unit whose start failed is blamed with how it ended", "[jobs]") {
  const auto causes = judged({job(kWeb, "failed")}, {{kWeb, failed(2)}}).causes;
  REQUIRE(causes.size() == 1);
  CHECK(causes.front().message == "web.service could not be started: it exited with status 2");
  CHECK(causes.front().exit_status == 2);
  CHECK_FALSE(causes.front().hint.empty());
}

TEST_CASE("the unit that broke comes before the one that required it", "[jobs]") {
  const auto causes =
      judged({job(kWeb, "dependency"), job(kDb, "failed")}, {{kWeb, never_ran()}, {kDb, failed()}}).causes;
  REQUIRE(causes.size() == 2);
  CHECK(causes.front().unit == "db.service");
  CHECK(causes.back().message == "web.service could not be started: what it requires is not there");
}

TEST_CASE("a required unit that nobody had a job for is found", "[jobs]") {
  const auto causes = judged({job(kWeb, "dependency")}, {{kWeb, never_ran()}, {kDb, failed()}}).causes;
  REQUIRE(causes.size() == 2);
  CHECK(causes.front().message == "db.service exited with status 1");
}

TEST_CASE("a unit that systemd tries again is left to the gate", "[jobs]") {
  auto again = failed();
  again.active = "activating";
  again.sub = "auto-restart";
  CHECK(judged({job(kWeb, "failed")}, {{kWeb, again}}).causes.empty());
  SECTION("but one that requires it is not") {
    CHECK(judged({job(kDb, "failed"), job(kWeb, "dependency")}, {{kDb, again}, {kWeb, never_ran()}})
              .causes.front()
              .unit == "db.service");
  }
}

TEST_CASE("a unit that may fail may fail at its start, too", "[jobs]") {
  GatePolicy policy;
  policy.expect_failed = {"web.*"};
  const auto waived = judged({job(kWeb, "failed")}, {{kWeb, failed()}}, policy);
  CHECK(waived.causes.empty());
  REQUIRE(waived.waived.size() == 1);
  CHECK_THAT(waived.waived.front(), ContainsSubstring("web.service could not be started"));
  policy.expect_failed.clear();
  policy.ignore = {"*"};
  CHECK(judged({job(kWeb, "failed")}, {{kWeb, failed()}}, policy).causes.empty());
  policy.critical = {"web.service"};
  CHECK(judged({job(kWeb, "failed")}, {{kWeb, failed()}}, policy).causes.size() == 1);
}

TEST_CASE("a reload that failed is told by its command, not by the run that goes on", "[jobs]") {
  auto state = failed();
  state.active = "active";
  state.result = "success";
  state.exec_code = state.exec_status = 0;
  state.reload_result = "exit-code";
  state.command = "ExecReload";
  state.command_code = CLD_EXITED;
  state.command_status = 3;
  const auto causes = judge_failed_jobs(JobVerb::reload, {job(kWeb, "failed")}, {{kWeb, state}}, {}).causes;
  CHECK(causes.front().message ==
        "web.service could not be reloaded: it failed in ExecReload=, which exited with status 3");
}

TEST_CASE("a job that systemd never took is told in its words", "[jobs]") {
  const auto causes = judged({{kWeb, "", "Unit web.service is masked."}}, {}).causes;
  CHECK(causes.front().message == "web.service could not be started: Unit web.service is masked.");
}

TEST_CASE("of jobs that take too long, the one that others wait for comes first", "[jobs]") {
  auto waits = never_ran();
  auto starts = failed();
  starts.active = "activating";
  waits.has_job = starts.has_job = true;
  const auto causes = judge_late_jobs(JobVerb::start, {kWeb, kDb}, {{kWeb, waits}, {kDb, starts}});
  REQUIRE(causes.size() == 2);
  CHECK(causes.front().message == "db.service could not be started in time: it is activating");
}
