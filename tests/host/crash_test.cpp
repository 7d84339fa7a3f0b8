// SPDX-License-Identifier: MIT
// Whatever dies, the host ends on the old closure or the new one.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

#include <csignal>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

void kill_activator(TestHost& host) { host.output_of("systemctl kill -s KILL switchback-activator.service"); }

}  // namespace

TEST_CASE("an activator that is killed while switching reverts when it is started again", "[crash]") {
  Settled settled;
  auto& host = settled.host;
  // Its start job lasts long enough to be caught in the middle of.
  const auto slow = web_running(host, "sleep 3; systemd-notify --ready; exec sleep infinity",
                                "Type=notify\nNotifyAccess=all");
  const auto process = host.start_pusher(deploy_command(slow));
  host.wait_for("systemctl show -P ActiveState web.service | grep -q activating");
  kill_activator(host);
  CHECK(process->wait(std::chrono::seconds(90)) == 3);
  await_rest(host);
  check_runs(host, settled.closure);
  CHECK_THAT(last_outcome(host).dump(), ContainsSubstring("restarted while it switched"));
}

TEST_CASE("an activator that is killed while observing goes on, and the deployment is committed", "[crash]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  const auto process = host.start_pusher(deploy_command(second, {"--soak", "4"}));
  host.wait_for("grep -q '\"phase\":\"observing\"' /var/lib/switchback/running.json");
  kill_activator(host);
  CHECK(process->wait(std::chrono::seconds(90)) == 0);
  await_rest(host);
  check_runs(host, second);
}

TEST_CASE("a pusher that is killed in the middle of the switch changes nothing but who is told", "[crash]") {
  Settled settled;
  auto& host = settled.host;
  const auto slow = web_running(host, "sleep 2; systemd-notify --ready; exec sleep infinity",
                                "Type=notify\nNotifyAccess=all");
  SECTION("nobody confirms: reverted") {
    const auto process = host.start_pusher(deploy_command(slow, {"--confirm-timeout", "2"}));
    host.wait_for("systemctl show -P ActiveState web.service | grep -q activating");
    process->kill_all();
    await_rest(host);
    check_runs(host, settled.closure);
    CHECK(last_outcome(host).at("outcome") == "reverted");
  }
  SECTION("no confirm is asked for: committed") {
    const auto process = host.start_pusher(deploy_command(slow, {"--confirm", "none"}));
    host.wait_for("systemctl show -P ActiveState web.service | grep -q activating");
    process->kill_all();
    await_rest(host);
    check_runs(host, slow);
    CHECK(last_outcome(host).at("outcome") == "committed");
  }
}

TEST_CASE("a host that goes down during the trial boots the old generation, and its history says why",
          "[crash]") {
  Settled settled;
  auto& host = settled.host;
  const auto process = host.start_pusher(deploy_command(web(host, "web-2"), {"--soak", "30"}));
  host.wait_for("grep -q '\"phase\":\"observing\"' /var/lib/switchback/running.json");
  host.crash();
  process->kill_all();
  host.boot_again();
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
  await_rest(host);
  check_runs(host, settled.closure);
  const auto outcome = last_outcome(host);
  CHECK(outcome.at("outcome") == "reverted");
  CHECK_THAT(outcome.at("causes")[0].at("message").get<std::string>(),
             ContainsSubstring("the host went down"));
  const auto status = host.pusher({"switchback", "status", "--host", "root@target"});
  CHECK_THAT(status.out, ContainsSubstring("reverted"));
}

TEST_CASE("an interrupt cancels, and the revert is waited for", "[crash]") {
  Settled settled;
  auto& host = settled.host;
  const auto process = host.start_pusher(deploy_command(web(host, "web-2"), {"--soak", "20"}));
  host.wait_for("grep -q '\"phase\":\"observing\"' /var/lib/switchback/running.json");
  process->signal(SIGINT);
  CHECK(process->wait() == 3);
  check_runs(host, settled.closure);
}
