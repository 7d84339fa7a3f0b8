// SPDX-License-Identifier: MIT
// Checks on the command line, what is looked at before anybody is asked, and how they are shown.
#include "cli/check_programs.hpp"
#include "cli/deploy_nodes.hpp"
#include "cli/options.hpp"
#include "cli/options_checks.hpp"
#include "cli/verbs.hpp"
#include "cli/words.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using std::chrono::seconds;

namespace {

using Arguments = std::vector<std::string>;

Arguments direct(const Arguments& more) {
  Arguments out{"deploy", "--host", "web1", "--path", kWeb1};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::string complaint(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  return options ? "" : options.error().message;
}

GatePolicy gate_of(const Arguments& more) {
  const auto options = parse_options(direct(more));
  INFO((options ? "" : options.error().message));
  REQUIRE(options);
  return std::get<DeployOptions>(*options).request.gate;
}

json says(const std::string& words) {
  const auto parsed = parse_check_words(words);
  REQUIRE(parsed);
  return json(*parsed);
}

}  // namespace

TEST_CASE("a check is written as what it asks, with a name or without", "[cli]") {
  CHECK(says("http://x:1/a?b=c") ==
        json{{"http://x:1/a?b=c", {{"type", "http"}, {"url", "http://x:1/a?b=c"}}}});
  CHECK(says("web=https://x/") == json{{"web", {{"type", "https"}, {"url", "https://x/"}}}});
  CHECK(says("tcp:[::1]:5432") == json{{"tcp:[::1]:5432", {{"type", "tcp"}, {"address", "[::1]:5432"}}}});
  CHECK(says("db=unit:db.service") == json{{"db", {{"type", "unit"}, {"unit", "db.service"}}}});
  CHECK(says("b=dbus:org.a") == json{{"b", {{"type", "dbus-name"}, {"name", "org.a"}}}});
  CHECK(says("e=exec:/bin/test -e /x=y") ==
        json{{"e", {{"type", "exec"}, {"command", {"/bin/test", "-e", "/x=y"}}}}});
  CHECK(says("s=pusher:./smoke") ==
        json{{"s", {{"type", "exec"}, {"side", "pusher"}, {"command", {"./smoke"}}}}});
  CHECK(says(R"(web={"timeout":3})") == json{{"web", {{"timeout", 3}}}});
  CHECK(says("web=null") == json{{"web", nullptr}});
}

TEST_CASE("what is no check is told, with the forms that there are", "[cli]") {
  for (const std::string words : {"", "web", "web=", "web=ftp://x/", "web={", "web=7", "web=[]"}) {
    INFO(words);
    const auto parsed = parse_check_words(words);
    REQUIRE_FALSE(parsed);
    CHECK_THAT(parsed.error().message, ContainsSubstring("is no [NAME=]WHAT"));
  }
  CHECK_THAT(parse_check_words("{}").error().message, ContainsSubstring("has no name"));
  CHECK_THAT(parse_check_words("=http://x/").error().message, ContainsSubstring("has no name"));
  CHECK_THAT(complaint(direct({"--check", "x=exec:true"})),
             ContainsSubstring("--check.x.command: must begin with"));
  CHECK_THAT(complaint(direct({"--check", R"(x={"timeout":3})"})),
             ContainsSubstring("--check.x.type: is missing"));
  CHECK_THAT(complaint(direct({"--check", R"(x={"type":"ftp"})"})), ContainsSubstring("this version knows"));
  CHECK_THAT(complaint(direct({"--prefailing", "no"})), ContainsSubstring("fail or tolerate"));
}

TEST_CASE("checks of the command line are of the gate, by all verbs that have one", "[cli]") {
  const auto gate = gate_of({"--check", "web=http://x/", "--check", R"(web={"successes":2})", "--check",
                             "tcp:x:1", "--prefailing", "tolerate"});
  CHECK(gate.prefailing == Prefailing::tolerate);
  REQUIRE(gate.checks.size() == 2);
  CHECK(gate.checks.at("web").successes == 2);
  CHECK(gate.checks.contains("tcp:x:1"));
  const auto back =
      parse_options({"rollback", "--host", "web1", "--profile", "app", "--check", "unit:a.service"});
  REQUIRE(back);
  CHECK(std::get<RollbackOptions>(*back).how.gate.checks.size() == 1);
  CHECK(parse_options({"deploy", ".#web", "--check", R"(web={"timeout":3})"}));
  CHECK_FALSE(parse_options({"rollback", ".#web", "--check", R"(web={"timeout":3})"}));
}

TEST_CASE("checks that nobody could wait for are refused before anything is copied", "[cli]") {
  CHECK_THAT(complaint(direct({"--check", "s=pusher:true", "--confirm", "manual"})),
             ContainsSubstring("gate.checks.s: ") && ContainsSubstring("not \"manual\""));
  CHECK_THAT(complaint(direct({"--check", "s=pusher:true", "--confirm-timeout", "8"})),
             ContainsSubstring("longer than confirmTimeout"));
  CHECK_THAT(complaint(direct({"--check", "http://x/", "--gate-deadline", "15"})),
             ContainsSubstring("together may take longer"));
}

TEST_CASE("a program of the pusher's is looked for beforehand", "[cli]") {
  CHECK(find_program("sh").ends_with("/sh"));
  CHECK(find_program("/bin/sh") == "/bin/sh");
  CHECK(find_program("no-such-program").empty());
  CHECK(find_program("/etc").empty());
  CHECK(check_programs(gate_of({"--check", "a=pusher:sh -c true", "--check", "b=exec:/no/such"}).checks));
  const auto missing = check_programs(gate_of({"--check", "a=pusher:./no-such --x"}).checks);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::refused);
  CHECK_THAT(missing.error().message, ContainsSubstring("this machine has no program «./no-such»"));
}

TEST_CASE("check tells which checks a gate has, and which it cannot make", "[cli]") {
  FakeRemote remote;
  remote.connects = fail(Errc::unavailable, "cannot be reached: no route");
  FakeInterrupt interrupt;
  std::ostringstream out;
  const Answer answer{out, out};
  static_cast<void>(
      check(remote, interrupt, answer, gate_of({"--check", "a=pusher:true", "--check", "b=tcp:x:1"})));
  CHECK_THAT(out.str(), ContainsSubstring("ok       checks     a (from here), b\n"));
  const auto store = "a=pusher:" + kWeb1 + "/bin/smoke";  // built when it is deployed
  static_cast<void>(check(remote, interrupt, answer, gate_of({"--check", store})));
  CHECK(out.str().find("failed   checks") == std::string::npos);
  static_cast<void>(check(remote, interrupt, answer, gate_of({"--check", "a=pusher:./no-such"})));
  CHECK_THAT(out.str(), ContainsSubstring("failed   checks     check a"));
}

TEST_CASE("a rollback because of another node makes no checks: they are of what was deployed", "[cli]") {
  NodeDeployment node{.address = {.node = "a", .destination = "root@a"}, .request = request()};
  node.request.gate = gate_of({"--check", "tcp:x:1", "--soak", "3"});
  const auto rollbacks = rollbacks_of(node, {.before = {{{"app", kWeb1, 11}, 5.0}}}, "b");
  REQUIRE(rollbacks.size() == 1);
  CHECK(rollbacks[0].how.gate.checks.empty());
  CHECK(rollbacks[0].how.gate.soak == seconds(3));
}

namespace {

/// What is shown of checks, with a verbosity.
std::string shown(int verbosity, const std::vector<CheckEvent>& events) {
  std::ostringstream text;
  const auto display = plain_display({.node = "web1", .verbosity = verbosity, .width = 80}, text, text);
  for (const auto& event : events) display->event({1, 0, kSomeId, event}, {});
  return text.str();
}

}  // namespace

TEST_CASE("a check is shown when it passes or fails, what it said when it fails", "[cli]") {
  const std::vector<CheckEvent> events{
      {"web", CheckState::pending, ""},
      {"web", CheckState::pending, "connection refused"},
      {"web", CheckState::passed, ""},
      {"web", CheckState::missed, "answered with status 503"},
      {"web", CheckState::failed, "answered with status 503\nno \x1b[31mtable\n"}};
  CHECK(shown(0, events) ==
        "web1: check       web passed\n"
        "web1: check       web failed: answered with status 503\n"
        "web1:     no \\x1b[31mtable\n");
  CHECK_THAT(shown(1, events), ContainsSubstring("web does not pass yet: connection refused") &&
                                   ContainsSubstring("web does not pass any more: answered with status 503"));
  CHECK(shown(-1, events).find("passed") == std::string::npos);
  CHECK_THAT(shown(-1, events), ContainsSubstring("web failed"));
}

TEST_CASE("what a failed check said is told once, though it is the cause, too", "[cli]") {
  std::ostringstream text;
  const auto display = plain_display({.node = "web1", .width = 80}, text, text);
  const auto tell = [&](EventBody body) { display->event({1, 0, kSomeId, std::move(body)}, {}); };
  OutcomeEvent outcome{
      Outcome::reverted, {{"check web: answered 503, not 200", "", "", {}, {"no table"}}}, {}};
  SECTION("told as it failed") {
    tell(CheckEvent{"web", CheckState::failed, "answered 503, not 200\nno table"});
    tell(outcome);
  }
  SECTION("told as the cause, where it never passed") {
    tell(CheckEvent{"web", CheckState::pending, "answered 503, not 200\nno table"});
    tell(outcome);
  }
  const auto shown = text.str();
  const auto first = shown.find("no table");
  REQUIRE(first != std::string::npos);
  CHECK(shown.find("no table", first + 1) == std::string::npos);
}

TEST_CASE("a terminal shows a check that does not pass yet only as long as that is so", "[cli]") {
  std::ostringstream text;
  const auto display = terminal_display({.node = "web1", .width = 80}, text, text);
  const auto tell = [&](EventBody body) { display->event({1, 0, kSomeId, std::move(body)}, {}); };
  tell(PhaseEvent{Phase::observing, 300});
  tell(CheckEvent{"web", CheckState::pending, "connection refused"});
  CHECK_THAT(text.str(), ContainsSubstring("check web does not pass yet: connection refused"));
  text.str("");
  tell(CheckEvent{"web", CheckState::passed, ""});
  CHECK_THAT(text.str(), ContainsSubstring("✓ check       web passed"));
  const auto last = text.str().rfind("observing");
  REQUIRE(last != std::string::npos);
  CHECK(text.str().find("does not pass yet", last) == std::string::npos);
}
