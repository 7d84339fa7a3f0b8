// SPDX-License-Identifier: MIT
// What the options of a deployment change in its verdict: what counts as healthy, and what is kept or gone
// back to.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// With a soak of a second, where `more` says nothing else.
void deploys_briefly(TestHost& host, const std::string& closure, const std::vector<std::string>& more,
                     int status, const std::string& says) {
  std::vector<std::string> words{"--soak", "1"};
  words.insert(words.end(), more.begin(), more.end());
  deploys(host, closure, words, status, says);
}

std::string runs_left(const std::string& name) { return "/run/flaps-of-" + name; }
/// Fails as often as a file says, over all its runs since that was written, before it stays.
std::string flapping(TestHost& host, const std::string& name) {
  const auto left = runs_left(name);
  return web_running(host,
                     "left=$(cat " + left +
                         ")\ntest $left -gt 0 || exec sleep infinity\n"
                         "echo $((left - 1)) >" +
                         left + "\nsleep 0.2\nexit 1",
                     "Restart=always\nRestartSec=200ms\nStartLimitBurst=1000");
}

}  // namespace

TEST_CASE("a service beside the generation that it breaks counts if it is critical, or if all count",
          "[options]") {
  Settled settled;
  auto& host = settled.host;
  host.write_file("/etc/systemd/system/by-hand.service", "[Service]\nExecStart=/bin/sleep infinity\n");
  host.output_of("systemctl daemon-reload && systemctl start by-hand.service");
  const auto bad =
      web_running(host, "sleep 0.5; systemctl kill --signal=KILL by-hand.service; exec sleep infinity");
  using Words = std::vector<std::string>;
  const std::pair<Words, std::string> all_counts[] = {
      {{"--strict"},
       "by-hand.service, which this activation did not touch, failed: it was killed by SIGKILL"},
      {{"--critical", "other.service", "--critical", "by-*.service"},
       "by-hand.service was killed by SIGKILL"}};
  for (const auto& [counts, says] : all_counts) {
    INFO(counts.front());
    deploys_briefly(host, bad, counts, 3, says);
    check_runs(host, settled.closure);
    CHECK(host.unit_property("by-hand.service", "ActiveState") == "active");
  }
  const auto result = deploy(host, bad, {"--strict", "--ignore", "by-hand.service"});
  CHECK(result.status == 0);
  CHECK(result.err.find("did not touch") == std::string::npos);
  check_runs(host, bad);
  settle(host, settled.closure);
  host.output_of("systemctl reset-failed && systemctl start by-hand.service");
  deploys_briefly(host, bad, {}, 0, "by-hand.service, which this activation did not touch, failed");
  check_runs(host, bad);
}

TEST_CASE("a unit of the closure that fails is reverted, unless it may fail or is not judged", "[options]") {
  auto host = TestHost::boot();
  const auto job = [&](const std::string& status) {
    return units(host, {{"job.service", "[Service]\nExecStart=/bin/sh -c 'sleep 0.5; exit " + status +
                                            "'\n[Install]\nWantedBy=multi-user.target\n"}});
  };
  const auto first = job("5");
  deploys_briefly(host, first, {}, 3, "job.service exited with status 5");
  check_runs(host, "");
  deploys_briefly(host, first, {"--expect-failed", "job.*"}, 0, "committed: app generation 1");
  check_runs(host, first);
  const auto second = job("6");
  deploys_briefly(host, second, {}, 3, "job.service exited with status 6");
  deploys_briefly(host, second, {"--ignore", "job.*"}, 0, "committed: app generation 2");
  check_runs(host, second);
  CHECK(host.unit_property("job.service", "ExecMainStatus") == "6");
}

TEST_CASE("a service may restart less often than the flap limit, and only until the gate's deadline",
          "[options]") {
  auto host = TestHost::boot();
  const auto fails = [&](const std::string& name, int times) {
    host.write_file(runs_left(name), std::to_string(times));
  };
  const auto first = flapping(host, "first");
  fails("first", 2);
  deploys_briefly(host, first, {}, 3, "restarted 2 times");
  check_runs(host, "");
  fails("first", 2);
  deploys_briefly(host, first, {"--flap-limit", "3"}, 0, "committed");
  check_runs(host, first);
  const auto second = flapping(host, "second");
  fails("second", 1);
  deploys_briefly(host, second, {"--flap-limit", "1"}, 3, "restarted 1 time ");
  check_runs(host, first);
  fails("second", 1000);
  deploys_briefly(host, second, {"--flap-limit", "1000", "--gate-deadline", "5"}, 3,
                  "not healthy within 5 s");
  check_runs(host, first);
  deploys_briefly(host, second, {"--soak", "5", "--gate-deadline", "5"}, 2, "shorter than --gate-deadline");
}

TEST_CASE("what a check asks must answer, unless it did not before and that is tolerated", "[options]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  const std::vector<std::string> asked{
      "--gate-deadline", "5", "--check",
      R"(up={"type": "exec", "command": ["/bin/test", "-e", "/run/up"], "timeout": 1, "interval": 0.5})"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), asked.begin(), asked.end());
    return more;
  };
  deploys_briefly(host, second, with({}), 3, "it failed before too");
  check_runs(host, settled.closure);
  deploys_briefly(host, second, with({"--prefailing", "tolerate"}), 0, "committed");
  check_runs(host, second);
  host.write_file("/run/up", "");
  deploys_briefly(host, settled.closure, with({"--prefailing", "fail"}), 0, "up passed");
  check_runs(host, settled.closure);
}

TEST_CASE("a check from the pusher's side decides whether a healthy generation is confirmed", "[options]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  const std::string reaches = R"(ssh -o BatchMode=yes root@$SWITCHBACK_HOST systemctl is-active web.service)";
  const auto check = [&](const std::string& script) {
    return R"(seen={"type": "exec", "side": "pusher", "command": ["sh", "-c", ")" + script + R"("]})";
  };
  deploys_briefly(host, second, {"--confirm-timeout", "10", "--check", check("echo not yet; exit 7")}, 3,
                  "check seen from the pusher's side exited with status 7: not yet");
  check_runs(host, settled.closure);
  deploys_briefly(host, second, {"--check", check(reaches)}, 0, "seen passed");
  check_runs(host, second);
  deploys_briefly(host, settled.closure, {"--check", "seen=pusher:./no-such"}, 1, "no program");
  deploys_briefly(host, settled.closure, {"--check", check("true"), "--confirm", "manual"}, 2, "auto");
  check_runs(host, second);
}

TEST_CASE("an unhealthy generation is kept, and said to be, when auto-rollback is off", "[options]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = web_running(host, "echo table users is missing >&2; sleep 0.5; exit 1");
  SECTION("whatever its units do") {
    deploys_briefly(host, bad, {"--auto-rollback", "true"}, 3, "reverted: web.service exited with status 1");
    check_runs(host, settled.closure);
    const auto result = deploy(host, bad, {"--auto-rollback", "false"});
    INFO(result.out << result.err);
    CHECK(result.status == 8);
    CHECK_THAT(result.out, ContainsSubstring("kept all the same, because autoRollback is off"));
    CHECK_THAT(result.err, ContainsSubstring("table users is missing"));
    CHECK(named(host) == bad);
    CHECK("/nix/store/" + host.output_of("readlink /etc/switchback/profiles/app/current") == bad);
    CHECK(host.unit_property("web.service", "ExecMainStatus") == "1");
    CHECK(last_outcome(host).at("outcome") == "committed, unhealthy");
    const auto watch = host.pusher(
        {"switchback", "watch", "--host", "root@target",
         varlink(host, "History", {{"limit", 1}}).at("parameters").at("activations")[0].at("id")});
    CHECK(watch.status == 8);
  }
  SECTION("but not one that nobody confirms") {
    deploys_briefly(host, web(host, "web-2"),
                    {"--auto-rollback", "false", "--confirm", "manual", "--confirm-timeout", "1"}, 3,
                    "no confirmation");
    check_runs(host, settled.closure);
  }
}

TEST_CASE("without magic-rollback nobody has to get through to the host again", "[options]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = web_running(host, "systemctl stop ssh.service ssh.socket; exec sleep infinity");
  deploys_briefly(host, bad, {"--magic-rollback", "true", "--confirm-timeout", "3"}, 3, "no confirmation");
  check_runs(host, settled.closure);
  deploys_briefly(host, bad, {"--magic-rollback", "false", "--confirm", "manual"}, 2, "give one of them");
  const auto result = deploy(host, bad, {"--magic-rollback", "false"});
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(result.err.find("target: confirm") == std::string::npos);
  check_runs(host, bad);
}

TEST_CASE("a profile that was moved by hand is deployed over only by force", "[options]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  const auto third = web(host, "web-3");
  host.copy_closure(second);
  host.output_of("nix-env --profile " + std::string(kProfile) + " --set " + second);
  deploys_briefly(host, third, {}, 1, "--force");
  CHECK(named(host) == second);
  deploys_briefly(host, third, {"--force"}, 0, "committed");
  check_runs(host, third);
}

TEST_CASE("a generation that could not be gone back to is replaced only if that is allowed", "[options]") {
  auto host = TestHost::boot();
  const auto bare = Closure("bare").file("text", "nothing to run\n").build(host.pusher());
  host.copy_closure(bare);
  host.output_of("mkdir -p $(dirname " + std::string(kProfile) + ") && nix-env --profile " + kProfile +
                 " --set " + bare);
  const auto app = Closure("app").file("deploy-rs-activate", "#!/bin/sh\n").build(host.pusher());
  deploys_briefly(host, app, {}, 1, "--allow-unrevertible");
  CHECK(named(host) == bare);
  deploys_briefly(host, app, {"--allow-unrevertible"}, 0, "committed");
  CHECK(named(host) == app);
}

TEST_CASE("a generation that was reverted is tried again with a warning, or not, as it is asked for",
          "[options]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = web_running(host, "test -e /run/table || exit 1; exec sleep infinity");
  deploys_briefly(host, bad, {}, 3, "web.service exited with status 1");
  deploys_briefly(host, bad, {}, 3, "it was reverted: web.service exited with status 1");
  host.write_file("/run/table", "");
  deploys_briefly(host, bad, {"--no-retry-rejected"}, 1, "it was reverted: web.service exited with status 1");
  check_runs(host, settled.closure);
  deploys_briefly(host, bad, {}, 0, "committed");
  deploys_briefly(host, settled.closure, {"--no-retry-rejected"}, 0, "committed");
}
