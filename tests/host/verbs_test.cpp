// SPDX-License-Identifier: MIT
// The verbs beside deploy, on a host that is really asked.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

#include <csignal>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A deployment of web-2 that waits for somebody to confirm it.
std::unique_ptr<PusherProcess> hold(TestHost& host) {
  auto process =
      host.start_pusher(deploy_command(web(host, "web-2"), {"--confirm", "manual", "--note", "the first"}));
  host.wait_for("grep -q 'awaiting confirmation' /var/lib/switchback/running.json");
  return process;
}

}  // namespace

TEST_CASE("a history tells what was activated, newest first, and each of them whole", "[verbs]") {
  Settled settled;
  auto& host = settled.host;
  const auto bad = web_running(host, "echo table users is missing >&2; sleep 0.5; exit 1");
  REQUIRE(deploy(host, bad, {"--note", "release 7"}).status == 3);
  const auto list = verb(host, "history");
  INFO(shown(list));
  CHECK(list.status == 0);
  CHECK_THAT(list.out, ContainsSubstring("reverted: web.service"));
  CHECK_THAT(list.out, ContainsSubstring("root («release 7»)"));
  CHECK(list.out.find("reverted") < list.out.find("committed: app generation 1"));
  const auto documents = events_of(verb(host, "history", {"--json", "--limit", "1"}));
  REQUIRE(documents.size() == 1);
  const auto id = documents[0].at("id").get<std::string>();
  const auto one = verb(host, "history", {id.substr(0, 8)});
  INFO(shown(one));
  CHECK(one.status == 0);
  CHECK_THAT(one.out, ContainsSubstring(id));
  CHECK_THAT(one.out, ContainsSubstring("observing"));
  CHECK_THAT(one.out, ContainsSubstring("table users is missing"));
  CHECK_THAT(one.out, ContainsSubstring("app generation 1"));
  CHECK(verb(host, "history", {"ffffffff"}).status == 1);
}

TEST_CASE("a second terminal watches an activation to its end, or what has become of it", "[verbs]") {
  Settled settled;
  auto& host = settled.host;
  const auto process = hold(host);
  const auto watching = host.start_pusher({"switchback", "watch", "--host", "root@target"});
  watching->wait_for_output("switchback confirm");
  SECTION("confirmed") {
    REQUIRE(verb(host, "confirm").status == 0);
    CHECK(watching->wait() == 0);
    CHECK_THAT(watching->out(), ContainsSubstring("committed: app generation 2"));
    CHECK(process->wait() == 0);
    const auto id = events_of(verb(host, "history", {"--json", "--limit", "1"}))[0].at("id");
    const auto later = verb(host, "watch", {id.get<std::string>()});
    CHECK(later.status == 0);
    CHECK_THAT(later.out, ContainsSubstring("committed: app generation 2"));
    CHECK(verb(host, "watch").status == 1);
  }
  SECTION("an interrupt leaves it alone") {
    watching->signal(SIGINT);
    CHECK(watching->wait() == 7);
    CHECK(varlink(host, "Status").at("parameters").at("running").at("phase") == "awaiting confirmation");
    CHECK(verb(host, "cancel").status == 0);
    CHECK(process->wait() == 3);
  }
}

TEST_CASE("a check tells a host that can be deployed to from one that cannot", "[verbs]") {
  auto host = TestHost::boot();
  SECTION("all is there") {
    const auto result = verb(host, "check");
    INFO(shown(result));
    CHECK(result.status == 0);
    CHECK_THAT(result.out, ContainsSubstring("ready to be deployed to"));
    CHECK_THAT(result.out, ContainsSubstring("reached as root"));
    CHECK_THAT(result.out, ContainsSubstring("nix-store"));
  }
  SECTION("no nix") {
    host.output_of("mkdir /gone; mv /usr/bin/nix* /gone");
    const auto result = verb(host, "check");
    CHECK(result.status == 1);
    CHECK_THAT(result.out, ContainsSubstring("there is no nix-store in the PATH of root"));
    const auto pushed = deploy(host, web(host, "web-1"));
    CHECK(pushed.status == 1);
    CHECK_THAT(shown(pushed), ContainsSubstring("there is no nix-store in the PATH of root"));
  }
  SECTION("no activator") {
    host.output_of("mv /usr/bin/switchback-activator /gone");
    CHECK(verb(host, "check").status == 1);
  }
  SECTION("no network") {
    host.cut_network();
    CHECK(verb(host, "check", {"--ssh-opt=-oConnectTimeout=2"}).status == 5);
  }
}

TEST_CASE("a busy host is waited for, and then deployed to", "[verbs]") {
  Settled settled;
  auto& host = settled.host;
  const auto first = hold(host);
  const auto third = web(host, "web-3");
  SECTION("for as long as it takes") {
    const auto second = host.start_pusher(deploy_command(third, {"--wait"}));
    second->wait_for_output("waiting for it to end");
    CHECK_THAT(second->err(), ContainsSubstring("root («the first») is awaiting confirmation"));
    REQUIRE(verb(host, "confirm").status == 0);
    CHECK(first->wait() == 0);
    CHECK(second->wait(std::chrono::seconds(90)) == 0);
    check_runs(host, third);
  }
  SECTION("but not for ever") {
    CHECK(deploy(host, third, {"--wait=1"}).status == 6);
    CHECK(verb(host, "cancel").status == 0);
    CHECK(first->wait() == 3);
  }
  SECTION("nor after an interrupt") {
    const auto second = host.start_pusher(deploy_command(third, {"--wait"}));
    second->wait_for_output("waiting for it to end");
    second->signal(SIGINT);
    CHECK(second->wait() == 1);
    CHECK(verb(host, "cancel").status == 0);
    CHECK(first->wait() == 3);
  }
}

TEST_CASE("a rollback runs and names the generation that was there before", "[verbs]") {
  Settled settled;
  auto& host = settled.host;
  settle(host, web(host, "web-2"));
  SECTION("without a number") {
    const auto result = verb(host, "rollback", of_app());
    INFO(shown(result));
    CHECK(result.status == 0);
    CHECK_THAT(result.out, ContainsSubstring("committed: app generation 1"));
    CHECK_THAT(result.err, ContainsSubstring("confirmed   over a new connection"));
    check_runs(host, settled.closure);
  }
  SECTION("with one") {
    settle(host, web(host, "web-3"));
    CHECK(verb(host, "rollback", of_app({"--to", "1"})).status == 0);
    check_runs(host, settled.closure);
  }
  SECTION("with one that is not there") {
    const auto result = verb(host, "rollback", of_app({"--to", "99"}));
    CHECK(result.status == 1);
    CHECK_THAT(shown(result), ContainsSubstring("no generation 99"));
  }
}

TEST_CASE("a profile that is removed leaves nothing behind", "[verbs]") {
  Settled settled;
  auto& host = settled.host;
  const auto result = verb(host, "remove", of_app());
  INFO(shown(result));
  CHECK(result.status == 0);
  check_runs(host, "");
  CHECK(verb(host, "remove", of_app()).status == 1);
}

TEST_CASE("a test runs until it is cancelled, and is never kept", "[verbs]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  const auto result = deploy(host, second, {"--test-for", "300"});
  INFO(shown(result));
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("healthy: the test runs until"));
  CHECK_THAT(result.out, ContainsSubstring("switchback cancel --host root@target"));
  CHECK(host.output_of("systemctl show -P FragmentPath web.service | xargs cat | grep ^ExecStart=") ==
        "ExecStart=" + second + "/bin/web");
  CHECK(host.output_of("readlink -f /nix/var/nix/profiles/per-user/root/app") == settled.closure);
  CHECK_THAT(verb(host, "status").out, ContainsSubstring("testing"));
  CHECK(deploy(host, second).status == 6);
  CHECK(verb(host, "cancel").status == 0);
  await_rest(host);
  check_runs(host, settled.closure);
}

TEST_CASE("a dry run says what would be done, and nothing is", "[verbs]") {
  Settled settled;
  auto& host = settled.host;
  const auto before = invocation(host);
  const auto result = deploy(host, web(host, "web-2"), {"--dry-run"});
  INFO(shown(result));
  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("nothing has changed"));
  CHECK_THAT(result.out, ContainsSubstring("web.service"));
  CHECK(invocation(host) == before);
  check_runs(host, settled.closure);
}
