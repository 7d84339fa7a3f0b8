// SPDX-License-Identifier: MIT
// What a check's tries come to, and what that means for the gate.
#include "activator/core/check_track.hpp"

#include "activator/core/unmatched_globs.hpp"
#include "tests/support/catch.hpp"

#include <string_view>

using namespace switchback;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;

namespace {

CheckPolicy policy(int successes = 1, int failures = 3, bool required = true) {
  return {.question = TcpCheck{"localhost", 80},
          .successes = successes,
          .failures = failures,
          .required = required};
}

CheckTry good() { return {CheckAnswer::passed, "accepts", ""}; }
CheckTry bad(const std::string& reason = "refused") { return {CheckAnswer::missed, reason, "one\ntwo"}; }

/// After tries that pass (+) and miss (-).
CheckTrack after(std::string_view tries, const CheckPolicy& of) {
  CheckTrack track;
  for (const char c : tries) track = follow(std::move(track), c == '+' ? good() : bad(), of);
  return track;
}

GateReading reading_of(const AskedCheck& check, std::string_view tries) {
  GateReading reading;
  reading.verdict = UnitVerdict::healthy;
  judge_checks({{"port", check}}, {{"port", after(tries, check.policy)}}, reading);
  return reading;
}

}  // namespace

TEST_CASE("a check passes by successes in a row, and fails by misses in a row after that", "[checks]") {
  const auto [tries, state] = GENERATE(table<std::string, CheckState>({
      {"", CheckState::pending},
      {"-", CheckState::pending},
      {"----------", CheckState::pending},  // it may still be starting: the deadline decides
      {"+", CheckState::pending},
      {"+-+-+-", CheckState::pending},
      {"++", CheckState::passed},
      {"---++", CheckState::passed},
      {"++-", CheckState::missed},
      {"++--", CheckState::missed},
      {"++--+", CheckState::missed},
      {"++--++", CheckState::passed},
      {"++---", CheckState::failed},
      {"++--+--", CheckState::missed},  // not in a row
      {"++---++", CheckState::passed},
  }));
  INFO(tries);
  CHECK(state_of(after(tries, policy(2)), policy(2)) == state);
}

TEST_CASE("a required check keeps the gate pending until it has passed, and while it misses", "[checks]") {
  const AskedCheck check{policy(), false};
  CHECK(reading_of(check, "").verdict == UnitVerdict::pending);
  CHECK(reading_of(check, "--------").verdict == UnitVerdict::pending);
  CHECK(reading_of(check, "-+").verdict == UnitVerdict::healthy);
  CHECK(reading_of(check, "-+-").verdict == UnitVerdict::pending);
  const auto failed = reading_of(check, "-+---");
  CHECK(failed.verdict == UnitVerdict::unhealthy);
  REQUIRE(failed.causes.size() == 1);
  CHECK(failed.causes.front().message == "check port: refused");
  CHECK(failed.causes.front().log == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a check does not make healthy what the units say is not", "[checks]") {
  GateReading reading;
  reading.verdict = UnitVerdict::unhealthy;
  reading.causes.push_back({"web.service exited with status 1", "web.service", "exit-code", 1, {}});
  judge_checks({{"port", {policy(), false}}}, {}, reading);
  CHECK(reading.verdict == UnitVerdict::unhealthy);
  CHECK(reading.causes.front().unit == "web.service");
}

TEST_CASE("of a check that is not required there is a warning alone", "[checks]") {
  const AskedCheck check{policy(1, 3, false), false};
  CHECK(reading_of(check, "--").warnings.empty());
  const auto reading = reading_of(check, "---");
  CHECK(reading.verdict == UnitVerdict::healthy);
  REQUIRE(reading.warnings.size() == 1);
  CHECK_THAT(reading.warnings.front(), Equals("check port, which is not required, fails: refused"));
}

TEST_CASE("evidence says that a check had failed before, and stays what it was", "[checks]") {
  const AskedCheck check{policy(1, 1), true};
  auto track = follow(after("+-", check.policy), bad("another reason"), check.policy);
  CHECK(blame_check("port", check, track).message == "check port: refused; it failed before too");
  CHECK(blame_check("port", check, after("-", check.policy)).message ==
        "check port: refused; it failed before too");
  CHECK(blame_check("port", {policy(), false}, {}).message == "check port: it was never answered");
  CHECK(blame_check("port", {policy(2), false}, after("-+", policy(2))).message ==
        "check port: accepts, but not 2 times in a row");
}

TEST_CASE(
    "only the host's checks are asked, and one that fails already is required or not, as prefailing says",
    "[checks]") {
  GatePolicy gate;
  gate.checks.emplace("here", policy());
  auto there = policy();
  there.side = CheckSide::pusher;
  gate.checks.emplace("there", there);
  CHECK(checks_to_ask(gate, {}).size() == 1);
  CHECK(checks_to_ask(gate, {"here"}).at("here").policy.required);
  CHECK(checks_to_ask(gate, {"here"}).at("here").failed_before);
  gate.prefailing = Prefailing::tolerate;
  CHECK(checks_to_ask(gate, {}).at("here").policy.required);
  CHECK_FALSE(checks_to_ask(gate, {"here"}).at("here").policy.required);
}

TEST_CASE("a glob that matches no unit is told with the unit that was probably meant", "[checks]") {
  const std::set<std::string, std::less<>> units{"nginx.service", "web.service", "apt-daily.timer"};
  GatePolicy gate;
  gate.critical = {"nginx", "web.service"};
  gate.ignore = {"apt-*", "wbe.service"};
  gate.expect_failed = {"something-quite-different.mount"};
  const auto sentences = unmatched_globs(gate, units, "that is loaded here or comes with this activation");
  REQUIRE(sentences.size() == 3);
  CHECK_THAT(sentences[0], ContainsSubstring("critical: «nginx» matches no unit") &&
                               ContainsSubstring("did you mean nginx.service?"));
  CHECK_THAT(sentences[1], ContainsSubstring("ignore") && ContainsSubstring("did you mean web.service?"));
  CHECK_THAT(sentences[2], ContainsSubstring("expectFailed") && !ContainsSubstring("did you mean"));
}
