// SPDX-License-Identifier: MIT
// Bad generations, and the host that does not keep them.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A host on which `closure` was committed.
}  // namespace

TEST_CASE("a service that crashes after three seconds is reverted, with its own words on the screen",
          "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = web_running(host, "echo table users is missing >&2; sleep 3; exit 1");
  const auto result = deploy(host, bad, {"--soak", "6"});
  CHECK(result.status == 3);
  const auto shown = result.out + result.err;
  CHECK_THAT(shown, ContainsSubstring("web.service"));
  CHECK_THAT(shown, ContainsSubstring("exited with status 1"));
  CHECK_THAT(shown, ContainsSubstring("table users is missing"));
  check_runs(host, settled.closure);
  const auto outcome = last_outcome(host);
  CHECK(outcome.at("outcome") == "reverted");
  CHECK(outcome.at("causes")[0].at("unit") == "web.service");
  CHECK(outcome.at("causes")[0].at("exitStatus") == 1);
}

TEST_CASE("a service that never becomes ready is reverted at the deadline", "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = web_running(host, "exec sleep infinity", "Type=notify\nTimeoutStartSec=infinity");
  const auto result = deploy(host, bad, {"--activation-timeout", "5"});
  CHECK(result.status == 3);
  CHECK_THAT(result.out + result.err, ContainsSubstring("web.service"));
  check_runs(host, settled.closure);
}

TEST_CASE("a crash loop that never rests in failed is reverted", "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad =
      web_running(host, "sleep 0.3; exit 1", "Restart=always\nRestartSec=700ms\nStartLimitBurst=1000");
  const auto result = deploy(host, bad, {"--soak", "6"});
  CHECK(result.status == 3);
  CHECK_THAT(result.out + result.err, ContainsSubstring("restarted 2 times"));
  check_runs(host, settled.closure);
}

TEST_CASE("an executable that is not there is reverted with systemd's reason", "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = units(
      host, {{"web.service", "[Service]\nExecStart=/nowhere/web\n[Install]\nWantedBy=multi-user.target\n"}});
  const auto result = deploy(host, bad);
  CHECK(result.status == 3);
  CHECK_THAT(result.out + result.err, ContainsSubstring("203/EXEC"));
  check_runs(host, settled.closure);
}

TEST_CASE("a generation that stops sshd is not confirmed, and sshd runs again", "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = web_running(host, "systemctl stop ssh.service ssh.socket; exec sleep infinity");
  const auto result = deploy(host, bad, {"--confirm-timeout", "4"});
  INFO(result.out << result.err);
  CHECK(result.status == 3);
  CHECK_THAT(result.out + result.err, ContainsSubstring("no confirmation"));
  check_runs(host, settled.closure);
  CHECK(host.unit_property("ssh.service", "ActiveState") == "active");
  CHECK(host.pusher({"ssh", "target", "true"}).status == 0);
}

TEST_CASE("a host that is cut off during the trial goes back by itself", "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto process =
      host.start_pusher(deploy_command(web(host, "web-2"), {"--soak", "4", "--confirm-timeout", "3"}));
  host.wait_for("grep -q observing /var/lib/switchback/running.json");
  host.cut_network();
  await_rest(host);
  check_runs(host, settled.closure);
  host.restore_network();
  CHECK(process->wait(std::chrono::seconds(90)) == 3);  // it came back and asked
  CHECK(last_outcome(host).at("outcome") == "reverted");
}

TEST_CASE("a first generation that is reverted leaves no profile and no units", "[revert]") {
  auto host = TestHost::boot();
  const auto result = deploy(host, web_running(host, "sleep 0.5; exit 1"));
  CHECK(result.status == 3);
  check_runs(host, "");
}

TEST_CASE("a cancel reverts, and a confirm after it is too late", "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto process = host.start_pusher(deploy_command(web(host, "web-2"), {"--confirm", "manual"}));
  host.wait_for("grep -q 'awaiting confirmation' /var/lib/switchback/running.json");
  const auto id = varlink(host, "Status").at("parameters").at("running").at("id").get<std::string>();
  SECTION("cancel") {
    const auto cancel = host.pusher({"switchback", "cancel", "--host", "root@target", id});
    CHECK(cancel.status == 0);
    CHECK(process->wait() == 3);
    check_runs(host, settled.closure);
    const auto late = host.pusher({"switchback", "confirm", "--host", "root@target", id});
    INFO(late.out << late.err);
    CHECK(late.status == 3);
    CHECK_THAT(late.out + late.err, ContainsSubstring("reverted"));
  }
  SECTION("confirm") {
    const auto confirm = host.pusher({"switchback", "confirm", "--host", "root@target"});
    INFO(confirm.out << confirm.err);
    CHECK(confirm.status == 0);
    CHECK(process->wait() == 0);
    CHECK(last_outcome(host).at("outcome") == "committed");
  }
}

TEST_CASE("a second deployment is told who holds the host", "[revert]") {
  Settled settled;
  auto& host = settled.host;
  const auto process =
      host.start_pusher(deploy_command(web(host, "web-2"), {"--confirm", "manual", "--note", "the first"}));
  host.wait_for("grep -q 'awaiting confirmation' /var/lib/switchback/running.json");
  const auto second = deploy(host, web(host, "web-3"));
  CHECK(second.status == 6);
  CHECK_THAT(second.out + second.err, ContainsSubstring("the first"));
  CHECK_THAT(second.out + second.err, ContainsSubstring("awaiting confirmation"));
  CHECK(host.pusher({"switchback", "cancel", "--host", "root@target"}).status == 0);
  CHECK(process->wait() == 3);
}
