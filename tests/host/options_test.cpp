// SPDX-License-Identifier: MIT
// What the options of a deployment change: what is run as what and for whom, who is asked,
// and what is said. How it is judged: options_gate_test.cpp.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

#include <csignal>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Answers the question of --interactive.
int deploy_asking(TestHost& host, const std::string& closure, const std::string& answer) {
  PusherOptions options;
  options.terminal = true;
  const auto process = host.start_pusher(deploy_command(closure, {"--interactive"}), options);
  process->wait_for_output("Go on? [y/N]");
  CHECK_THAT(process->out(), ContainsSubstring("app  " + closure));
  process->type(answer + "\n");
  return process->wait();
}

}  // namespace

TEST_CASE("a closure of two kinds is run as the kind that is asked for", "[options]") {
  auto host = TestHost::boot();
  const auto both = Closure("both")
                        .file("switchback-activate", "#!/bin/sh\necho ran >>/var/lib/script.log\n")
                        .file("lib/systemd/system/web.service",
                              "[Service]\nExecStart=/bin/sleep infinity\n"
                              "[Install]\nWantedBy=multi-user.target\n")
                        .build(host.pusher());
  deploys(host, both, {"--kind", "nixos"}, 1, "bin/switch-to-configuration");
  deploys(host, both, {"--kind", "scrip"}, 2, "units, nixos or script");
  SECTION("units, though it has a script") {
    deploys(host, both, {"--kind", "units"}, 0, "committed");
    check_runs(host, both);
    CHECK_FALSE(host.exists("/var/lib/script.log"));
  }
  SECTION("script, though it has units") {
    deploys(host, both, {"--kind", "script"}, 0, "committed");
    CHECK(host.read_file("/var/lib/script.log") == "ran\n");
    CHECK(named(host) == both);
    CHECK(host.run("systemctl cat web.service").status != 0);
  }
}

TEST_CASE("a profile is another user's, or in another place, when that is said", "[options]") {
  auto host = TestHost::boot();
  host.output_of("useradd --create-home --groups nix-users alice");
  const auto app = [&](const std::string& name) {
    return Closure("app-" + name)
        .file("switchback-activate", "#!/bin/sh\necho \"" + name + " $(id -un) $PROFILE\" >>$HOME/log\n")
        .build(host.pusher());
  };
  const auto rollback = [&](const std::vector<std::string>& whose) {
    std::vector<std::string> argv{"switchback", "rollback", "--host", "root@target",
                                  "--profile",  "app",      "--soak", "1"};
    argv.insert(argv.end(), whose.begin(), whose.end());
    const auto result = host.pusher(argv);
    INFO(result.out << result.err);
    CHECK(result.status == 0);
  };
  const auto one = app("one");
  const auto two = app("two");
  SECTION("the user's own") {
    const std::string profile = "/home/alice/.local/state/nix/profiles/app";
    deploys(host, one, {"--user", "alice"}, 0, "committed");
    deploys(host, two, {"--profile-user", "alice"}, 0, "committed");
    CHECK(named(host, profile) == two);
    rollback({"--user", "alice"});
    CHECK(named(host, profile) == one);
    CHECK(host.read_file("/home/alice/log") ==
          "one alice " + profile + "\ntwo alice " + profile + "\none alice " + profile + "\n");
  }
  SECTION("elsewhere") {
    const std::string profile = "/nix/var/nix/profiles/site-app";
    deploys(host, one, {"--profile-path", profile}, 0, "committed");
    deploys(host, two, {"--profile-path", profile}, 0, "committed");
    CHECK(named(host, profile) == two);
    rollback({"--profile-path", profile});
    CHECK(named(host, profile) == one);
    deploys(host, one, {"--profile-path", "elsewhere"}, 2, "profilePath");
  }
  CHECK_FALSE(host.exists(kProfile));
}

TEST_CASE("a test without a time is kept for an hour, if nobody ends it", "[options]") {
  Settled settled;
  auto& host = settled.host;
  deploys(host, web(host, "web-2"), {"--test"}, 0, "healthy: the test runs until");
  const auto running = varlink(host, "Status").at("parameters").at("running");
  CHECK(running.at("phase") == "testing");
  CHECK(running.at("secondsLeft") > 3500);
  CHECK(named(host) == settled.closure);
  CHECK(host.pusher({"switchback", "cancel", "--host", "root@target"}).status == 0);
  await_rest(host);
  check_runs(host, settled.closure);
  deploys(host, settled.closure, {"--test", "--dry-run"}, 2, "give one of them");
}

TEST_CASE("an interactive deployment is shown first, and goes on if somebody says so", "[options]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  CHECK(deploy_asking(host, second, "n") == 1);
  check_runs(host, settled.closure);
  deploys(host, second, {"-i"}, 2, "needs a terminal");
  check_runs(host, settled.closure);
  CHECK(deploy_asking(host, second, "y") == 0);
  check_runs(host, second);
}

TEST_CASE("what only deploy-rs needs is taken with a note, and the deployment goes its way", "[options]") {
  auto host = TestHost::boot();
  const auto first = web(host, "web-1");
  const std::vector<std::string> idle{"--temp-path", "/var/tmp",  "--interactive-sudo",
                                      "true",        "--log-dir", "/var/log/x"};
  const auto result = deploy(host, first, idle);
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  for (const std::string option : {"--temp-path", "--interactive-sudo", "--log-dir"}) {
    CHECK_THAT(result.err, ContainsSubstring(option + " has no effect: "));
  }
  check_runs(host, first);
  CHECK_FALSE(host.exists("/var/log/x"));
  CHECK(deploy(host, first, {"--interactive-sudo", "false"}).err.find("no effect") == std::string::npos);
}

TEST_CASE("a deployment says more, or less, as it is asked to", "[options]") {
  auto host = TestHost::boot();
  const std::string unit_state = "web.service active (running)";
  const std::vector<std::string> short_soak{"--soak", "0.5"};
  CHECK(deploy(host, web(host, "web-1"), short_soak).err.find(unit_state) == std::string::npos);
  for (const std::string more : {"--verbose", "--debug-logs"}) {
    deploys(host, web(host, "web" + more), {more, "--soak", "0.5"}, 0, unit_state);
  }
  const auto quiet = deploy(host, web(host, "web-2"), {"--quiet", "--soak", "0.5"});
  INFO(quiet.out << quiet.err);
  CHECK(quiet.status == 0);
  CHECK_THAT(quiet.out, ContainsSubstring("committed: app generation 4"));
  CHECK(quiet.err.find("target: ") == std::string::npos);  // nix speaks for itself
  deploys(host, web_running(host, "sleep 0.5; exit 1"), {"-q"}, 3, "web.service exited with status 1");
  const auto help = host.pusher({"switchback", "deploy", "--help"});
  CHECK(help.status == 0);
  CHECK_THAT(help.out, ContainsSubstring("--gate-deadline"));
  const auto version = host.pusher({"switchback", "--version"});
  CHECK(version.status == 0);
  const auto status = host.pusher({"switchback", "status", "--host", "root@target"});
  CHECK_THAT(status.out, ContainsSubstring("activator " + version.out.substr(version.out.find(' ') + 1)));
}

TEST_CASE("the second interrupt of a deployment leaves the host alone with its revert", "[options]") {
  Settled settled;
  auto& host = settled.host;
  // Going back takes a while, in which the second one comes.
  const auto second = web(host, "web-2", "ExecStop=/bin/sleep 4");
  const auto process = host.start_pusher(deploy_command(second, {"--confirm", "manual"}));
  host.wait_for("grep -q 'awaiting confirmation' /var/lib/switchback/running.json");
  process->signal(SIGINT);
  process->wait_for_output("interrupt again not to wait for it");
  host.wait_for("grep -q '\"phase\":\"reverting\"' /var/lib/switchback/running.json");
  process->signal(SIGINT);
  CHECK(process->wait(std::chrono::seconds(5)) == 7);
  CHECK_THAT(process->out() + process->err(), ContainsSubstring("switchback watch --host root@target"));
  await_rest(host);
  check_runs(host, settled.closure);
}
