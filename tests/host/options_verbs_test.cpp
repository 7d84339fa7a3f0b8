// SPDX-License-Identifier: MIT
// What the options of the other verbs change: going back and removing are tried, judged and confirmed as a
// deployment is; every verb works without ssh, and answers in JSON.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A host on which `older` was committed, and then `newer`.
struct TwoGenerations {
  TestHost host = TestHost::boot();
  std::string older;
  std::string newer;

  explicit TwoGenerations(const std::string& service = "")
      : older(web(host, "web-1", service)), newer(web(host, "web-2", service)) {
    settle(host, older);
    settle(host, newer);
  }
};

/// A service beside the closures', which goes with the command that their ExecStop= runs.
constexpr const char* kStopsByHand = "ExecStop=/bin/systemctl kill --signal=KILL by-hand.service";
void start_by_hand(TestHost& host) {
  host.write_file("/etc/systemd/system/by-hand.service", "[Service]\nExecStart=/bin/sleep infinity\n");
  host.output_of("systemctl daemon-reload && systemctl reset-failed && systemctl start by-hand.service");
}

}  // namespace

TEST_CASE("going back and removing are only rehearsed, or only tested, when that is asked for", "[options]") {
  TwoGenerations world;
  auto& host = world.host;
  const auto before = invocation(host);
  expect(verb(host, "rollback", of_app({"--dry-run"})), 0, "stop and start web.service");
  expect(verb(host, "remove", of_app({"--dry-activate"})), 0, "stop web.service");
  CHECK(invocation(host) == before);
  check_runs(host, world.newer);
  expect(verb(host, "rollback", of_app({"--test"})), 0, "healthy: the test runs until");
  CHECK_THAT(host.output_of("systemctl cat web.service"), ContainsSubstring(world.older + "/bin/web"));
  expect(verb(host, "remove", of_app({"--wait=1"})), 6, "testing");
  REQUIRE(verb(host, "cancel").status == 0);
  await_rest(host);
  check_runs(host, world.newer);
  expect(verb(host, "remove", of_app({"--test-for", "2"})), 0, "healthy: the test runs until");
  await_rest(host);
  check_runs(host, world.newer);
}

TEST_CASE("going back and removing are judged as a deployment is", "[options]") {
  TwoGenerations world(kStopsByHand);
  auto& host = world.host;
  start_by_hand(host);
  for (const std::string name : {"rollback", "remove"}) {
    INFO(name);
    expect(verb(host, name, of_app({"--strict"})), 3, "by-hand.service");
    expect(verb(host, name, of_app({"--critical", "by-hand.service"})), 3, "by-hand.service");
    CHECK(host.unit_property("by-hand.service", "ActiveState") == "active");
    check_runs(host, world.newer);
  }
  expect(verb(host, "rollback", of_app({"--strict", "--ignore", "by-hand.service"})), 0, "committed");
  check_runs(host, world.older);
  start_by_hand(host);
  expect(verb(host, "remove", of_app({"--strict", "--expect-failed", "by-hand.*"})), 0, "committed");
  check_runs(host, "");
}

TEST_CASE("going back to a generation that is not healthy is reverted, or kept without auto-rollback",
          "[options]") {
  auto host = TestHost::boot();
  const auto bad = web_running(host, "test ! -e /run/table || exec sleep infinity; sleep 0.5; exit 1",
                               "Restart=on-failure\nRestartSec=100ms\nStartLimitBurst=1000");
  host.write_file("/run/table", "");
  settle(host, bad);
  const auto newer = web(host, "web-2");
  settle(host, newer);
  host.output_of("rm /run/table");
  const auto back = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--soak", "3"});
    return verb(host, "rollback", of_app(more));
  };
  expect(back({"--flap-limit", "1"}), 3, "restarted 1 time ");
  expect(back({"--flap-limit", "1000", "--gate-deadline", "5"}), 3, "web.service");
  check_runs(host, newer);
  expect(back({"--auto-rollback", "false"}), 8, "kept all the same, because autoRollback is off");
  CHECK(host.output_of("readlink -f /nix/var/nix/profiles/per-user/root/app") == bad);
}

TEST_CASE("going back and removing are confirmed as it is asked for, with a note that says why",
          "[options]") {
  TwoGenerations world;
  auto& host = world.host;
  const auto start = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> argv{"switchback", name, "--host", "root@target"};
    const auto words = of_app(more);
    argv.insert(argv.end(), words.begin(), words.end());
    auto process = host.start_pusher(argv);
    process->wait_for_output("switchback confirm");
    return process;
  };
  expect(verb(host, "rollback", of_app({"--confirm", "manual", "--confirm-timeout", "1"})), 3,
         "no confirmation");
  check_runs(host, world.newer);
  const auto rollback = start("rollback", {"--confirm", "manual", "--note", "web-2 is slow"});
  REQUIRE(verb(host, "confirm").status == 0);
  CHECK(rollback->wait() == 0);
  check_runs(host, world.older);
  const auto removal = start("remove", {"--confirm", "manual", "--note", "not needed any more"});
  REQUIRE(verb(host, "confirm").status == 0);
  CHECK(removal->wait() == 0);
  check_runs(host, "");
  const auto history = verb(host, "history", {"--limit", "2"});
  expect(history, 0, "web-2 is slow");
  expect(history, 0, "not needed any more");
  CHECK(history.out.find("app generation 2") == std::string::npos);
}

TEST_CASE("a generation that ends with a host which nobody can log into is left only unconfirmed",
          "[options]") {
  auto host = TestHost::boot();
  const auto older = web(host, "web-1");
  const auto newer = web(host, "web-2", "ExecStop=/bin/systemctl stop ssh.service ssh.socket");
  settle(host, older);
  settle(host, newer);
  const auto open = [&] { host.output_of("systemctl start ssh.service"); };
  expect(verb(host, "rollback", of_app({"--magic-rollback", "true", "--confirm-timeout", "2"})), 3,
         "no confirmation");
  open();
  check_runs(host, newer);
  expect(verb(host, "rollback", of_app({"--magic-rollback", "false"})), 0, "committed");
  open();
  check_runs(host, older);
  settle(host, newer);
  expect(verb(host, "remove", of_app({"--confirm", "none"})), 0, "committed");
  open();
  check_runs(host, "");
}

TEST_CASE("what was moved by hand is gone back from, and removed, only by force", "[options]") {
  TwoGenerations world;
  auto& host = world.host;
  const auto moved = web(host, "web-3");
  host.copy_closure(moved);
  const auto move = [&] {
    host.output_of("nix-env --profile /nix/var/nix/profiles/per-user/root/app --set " + moved);
  };
  move();
  expect(verb(host, "rollback", of_app({"--to", "1"})), 1, "--force");
  expect(verb(host, "remove", of_app({})), 1, "--force");
  expect(verb(host, "rollback", of_app({"--to", "1", "--force"})), 0, "committed: app generation 1");
  check_runs(host, world.older);
  move();
  expect(verb(host, "remove", of_app({"--force"})), 0, "committed");
  check_runs(host, "");
}

TEST_CASE("going back waits for a host that another holds, and lets fail what may", "[options]") {
  auto host = TestHost::boot();
  const auto job = [&](const std::string& status) {
    return units(host, {{"job.service", "[Service]\nExecStart=/bin/sh -c 'sleep 0.5; exit " + status +
                                            "'\n[Install]\nWantedBy=multi-user.target\n"}});
  };
  const auto older = job("5");
  const auto newer = units(host, {{"job.service",
                                   "[Service]\nExecStart=/bin/sleep infinity\n"
                                   "[Install]\nWantedBy=multi-user.target\n"}});
  REQUIRE(deploy(host, older, {"--soak", "1", "--expect-failed", "job.*"}).status == 0);
  settle(host, newer);
  expect(verb(host, "rollback", of_app({})), 3, "job.service exited with status 5");
  const auto holder =
      host.start_pusher(deploy_command(job("1"), {"--confirm", "manual", "--ignore", "job.*"}));
  holder->wait_for_output("switchback confirm");
  const auto argv =
      std::vector<std::string>{"switchback", "rollback", "--host",          "root@target", "--profile", "app",
                               "--soak",     "1",        "--expect-failed", "job.*",       "--wait"};
  const auto waiting = host.start_pusher(argv);
  waiting->wait_for_output("waiting for it to end");
  REQUIRE(verb(host, "cancel").status == 0);
  CHECK(holder->wait() == 3);
  CHECK(waiting->wait() == 0);
  check_runs(host, older);
}

TEST_CASE("what could not be gone back to is left for an earlier one only if that is allowed", "[options]") {
  auto host = TestHost::boot();
  const auto app = Closure("app").file("deploy-rs-activate", "#!/bin/sh\n").build(host.pusher());
  const auto bare = Closure("bare").file("text", "nothing to run\n").build(host.pusher());
  host.copy_closure(bare);
  settle(host, app);
  const std::string profile = "/nix/var/nix/profiles/per-user/root/app";
  host.output_of("nix-env --profile " + profile + " --set " + bare);
  expect(verb(host, "rollback", of_app({"--to", "1"})), 1, "--allow-unrevertible");
  CHECK(host.output_of("readlink -f " + profile) == bare);
  expect(verb(host, "rollback", of_app({"--to", "1", "--allow-unrevertible"})), 0, "committed");
  CHECK(host.output_of("readlink -f " + profile) == app);
}

TEST_CASE("going back is given up when the generation takes too long to start", "[options]") {
  TwoGenerations world("ExecStartPre=/bin/sh -c 'test ! -e /run/slow || sleep 60'");
  auto& host = world.host;
  host.write_file("/run/slow", "");
  const auto started = host.start_pusher({"switchback", "rollback", "--host", "root@target", "--profile",
                                          "app", "--soak", "1", "--activation-timeout", "5"});
  // What runs now starts quickly again, the earlier generation does not end.
  started->wait_for_output("reverting");
  host.output_of("rm /run/slow");
  CHECK(started->wait() == 3);
  CHECK_THAT(started->out(), ContainsSubstring("web.service"));
  check_runs(host, world.newer);
}

TEST_CASE("every verb works on the host itself, without ssh", "[options]") {
  TwoGenerations world;
  auto& host = world.host;
  host.pusher().output_of({"sh", "-c",
                           "exec ssh root@target 'install -m 755 /dev/stdin /usr/local/bin/switchback' "
                           "<$(command -v switchback)"});
  host.output_of("systemctl stop ssh.service ssh.socket");
  const auto local = [&](const std::string& words) {
    return host.run("switchback " + words + " --local", std::chrono::seconds(90));
  };
  expect(local("check"), 0, "ready to be deployed to");
  expect(local("rollback --profile app --soak 1"), 0, "committed: app generation 1");
  check_runs(host, world.older);
  expect(local("deploy --profile app --soak 1 --test --path " + world.newer), 0, "switchback cancel --local");
  expect(local("confirm"), 1, "");
  expect(local("cancel"), 0, "cancelled");
  await_rest(host);
  expect(local("remove --profile app --soak 1"), 0, "committed");
  check_runs(host, "");
  const auto id = events_of(local("history --json --limit 1"))[0].at("id").get<std::string>();
  expect(local("watch " + id), 0, "committed");
  expect(local("history " + id), 0, "committed");
  expect(local("status"), 0, "target: activator");
}

TEST_CASE("every verb answers in JSON, one document a line, each with its node", "[options]") {
  TwoGenerations world;
  auto& host = world.host;
  const auto documents = [&](const std::string& name, const std::vector<std::string>& more = {}) {
    auto words = more;
    words.emplace_back("--json");
    const auto result = verb(host, name, words);
    INFO(name << ": " << result.out << result.err);
    CHECK(result.status == 0);
    auto events = events_of(result);
    REQUIRE_FALSE(events.empty());
    for (const auto& event : events) CHECK(event.value("node", "") == "target");
    return events;
  };
  CHECK(documents("status")[0].at("profiles")[0].at("closure") == world.newer);
  CHECK(documents("check").back().at("type") == "done");
  CHECK(documents("rollback", of_app({})).back().at("outcome") == "committed");
  const auto held = host.start_pusher(deploy_command(world.newer, {"--confirm", "manual"}));
  held->wait_for_output("switchback confirm");
  CHECK(documents("confirm")[0].contains("id"));
  CHECK(held->wait() == 0);
  CHECK(documents("deploy", of_app({"--path", world.older, "--test"})).back().at("type") != "outcome");
  CHECK(documents("cancel")[0].contains("id"));
  await_rest(host);
  CHECK(documents("remove", of_app({})).back().at("outcome") == "committed");
  const auto last = documents("history", {"--limit", "1"})[0];
  CHECK(last.at("outcome").at("outcome") == "committed");
  CHECK(documents("watch", {last.at("id")}).back().at("outcome") == "committed");
}

TEST_CASE("every verb says more, or less, as it is asked to", "[options]") {
  TwoGenerations world;
  auto& host = world.host;
  const auto bad = web_running(host, "echo table users is missing; sleep 0.5; exit 1");
  REQUIRE(deploy(host, bad).status == 3);
  const auto id = varlink(host, "History", {{"limit", 1}})
                      .at("parameters")
                      .at("activations")[0]
                      .at("id")
                      .get<std::string>();
  const auto whole = verb(host, "history", {id, "--verbose"});
  expect(whole, 0, "table users is missing");
  CHECK(whole.out.size() > verb(host, "history", {id}).out.size());
  expect(verb(host, "watch", {id, "-v"}), 3, "web.service active (running)");
  const auto quiet = verb(host, "watch", {id, "-q"});
  expect(quiet, 3, "reverted");
  CHECK(quiet.err.find("observing") == std::string::npos);
  CHECK(verb(host, "check", {"--quiet"}).out == "target: ready to be deployed to\n");
  expect(verb(host, "rollback", of_app({"--verbose"})), 0, "web.service active (running)");
  const auto removed = verb(host, "remove", of_app({"-q"}));
  CHECK(removed.status == 0);
  CHECK(removed.err.empty());
}
