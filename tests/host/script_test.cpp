// SPDX-License-Identifier: MIT
// Closures that are activated by a script of their own: deploy-rs's and home-manager's contracts, root's and
// users' profiles.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A script that writes down how it was run, in `log`; `more` comes last.
std::string script(const std::string& name, const std::string& more = "",
                   const std::string& log = "/var/lib/app.log") {
  return "#!/bin/sh\necho \"" + name +
         " $(id -un) USER=$USER HOME=$HOME PROFILE=$PROFILE DRY_ACTIVATE=$DRY_ACTIVATE BOOT=$BOOT "
         "in=$(pwd)\" >>" +
         log + "\n" + more + "\n";
}

std::string app(TestHost& host, const std::string& name, const std::string& more = "") {
  return Closure("app-" + name).file("deploy-rs-activate", script(name, more)).build(host.pusher());
}

CommandResult deploy_app(TestHost& host, const std::string& closure,
                         const std::vector<std::string>& more = {}) {
  return host.pusher(deploy_to("app", closure, more));
}

void must(const CommandResult& result, int status) {
  INFO(result.out << result.err);
  REQUIRE(result.status == status);
}

std::string names(TestHost& host, const std::string& profile = kProfile) {
  return host.output_of("readlink -f " + profile);
}

/// A host with the first generation of «app».
struct ScriptHost {
  TestHost host = TestHost::boot();
  std::string first = app(host, "one");
  ScriptHost() {
    must(deploy_app(host, first), 0);
    host.output_of("rm /var/lib/app.log");
  }
  std::string log() const { return host.output_of("cat /var/lib/app.log"); }
};

std::string ran(const std::string& name, const std::string& closure) {
  return name + " root USER=root HOME=/root PROFILE=" + kProfile + " DRY_ACTIVATE=0 BOOT=0 in=" + closure;
}
/// Going back deploy-rs runs it with PROFILE alone.
std::string ran_again(const std::string& name, const std::string& closure) {
  return name + " root USER=root HOME=/root PROFILE=" + std::string(kProfile) +
         " DRY_ACTIVATE= BOOT= in=" + closure + "";
}

}  // namespace

TEST_CASE("a script finds what deploy-rs promises it, in the profile that names its closure", "[script]") {
  ScriptHost script_host;
  auto& host = script_host.host;
  const auto second = app(host, "two", "test \"$(readlink -f \"$PROFILE\")\" = \"$(pwd)\"");
  SECTION("activated") {
    must(deploy_app(host, second), 0);
    CHECK(script_host.log() == ran("two", second));
    CHECK(names(host) == second);
  }
  SECTION("rehearsed, straight from its closure") {
    host.copy_closure(second);
    auto rehearsal = change("app", second);
    rehearsal["mode"] = "dry-run";
    CHECK(activate(host, "Activate", rehearsal).at("outcome") == "planned");
    CHECK(script_host.log() ==
          "two root USER=root HOME=/root PROFILE=" + second + " DRY_ACTIVATE=1 BOOT=0 in=" + second);
    CHECK(names(host) == script_host.first);
  }
  check_rest(host);
}

TEST_CASE("a script that fails goes back to the generation before, and that one's script runs", "[script]") {
  ScriptHost script_host;
  auto& host = script_host.host;
  const auto bad = app(host, "bad", "echo cannot migrate >&2; exit 7");
  const auto result = deploy_app(host, bad);
  must(result, 3);
  CHECK_THAT(result.out + result.err, ContainsSubstring("exit status 7"));
  CHECK_THAT(result.out + result.err, ContainsSubstring("cannot migrate"));
  CHECK(script_host.log() == ran("bad", bad) + "\n" + ran_again("one", script_host.first));
  CHECK(names(host) == script_host.first);
  CHECK(host.output_of("readlink " + std::string(kProfile)) == "app-1-link");
  check_rest(host);
}

TEST_CASE("a service that a script starts is judged, and one that breaks reverts", "[script]") {
  ScriptHost script_host;
  auto& host = script_host.host;
  const auto bad = app(host, "bad", "systemd-run --quiet --unit=web sh -c 'sleep 2; echo no table; exit 7'");
  const auto result = deploy_app(host, bad, {"--soak", "5"});
  must(result, 3);
  CHECK_THAT(result.out + result.err, ContainsSubstring("web.service"));
  CHECK(names(host) == script_host.first);
}

TEST_CASE("a script's trial has been permanent: a host that goes down in it goes back at boot", "[script]") {
  ScriptHost script_host;
  auto& host = script_host.host;
  const auto second = app(host, "two");
  const auto process = host.start_pusher(deploy_to("app", second, {"--confirm", "manual"}));
  await_phase(host, "awaiting confirmation");
  REQUIRE(names(host) == second);
  host.crash();
  process->kill_all();
  host.boot_again();
  await_rest(host);
  CHECK(names(host) == script_host.first);
  CHECK(script_host.log() == ran("two", second) + "\n" + ran_again("one", script_host.first));
  CHECK(last_outcome(host).at("outcome") == "reverted");
}

TEST_CASE("a generation before that has no script is found out before, not in the revert", "[script]") {
  auto host = TestHost::boot();
  const auto bare = Closure("bare").file("text", "no script\n").build(host.pusher());
  const auto second = app(host, "two");
  host.copy_closure(bare);
  host.copy_closure(second);
  host.output_of("mkdir -p $(dirname " + std::string(kProfile) + ") && nix-env --profile " + kProfile +
                 " --set " + bare);
  const auto refused = deploy_app(host, second);
  must(refused, 1);
  CHECK_THAT(refused.out + refused.err, ContainsSubstring("--allow-unrevertible"));
  CHECK(names(host) == bare);
  auto parameters = change("app", second);
  parameters["allowUnrevertible"] = true;
  CHECK(activate(host, "Activate", parameters).at("outcome") == "committed");
  CHECK(names(host) == second);
}

TEST_CASE("generations that were made by hand can be rolled back to", "[script]") {
  auto host = TestHost::boot();
  const auto first = app(host, "one");
  const auto second = app(host, "two");
  host.output_of("mkdir -p $(dirname " + std::string(kProfile) + ")");
  for (const auto& closure : {first, second}) {
    host.copy_closure(closure);
    host.output_of("nix-env --profile " + std::string(kProfile) + " --set " + closure);
  }
  CHECK(activate(host, "Rollback", {{"profile", "app"}}).at("outcome") == "committed");
  CHECK(names(host) == first);
  CHECK(host.output_of("cat /var/lib/app.log") == ran("one", first));
  CHECK(activate(host, "Rollback", {{"profile", "app"}, {"generation", 2}}).at("outcome") == "committed");
  CHECK(names(host) == second);
  CHECK(host.output_of("ls /nix/var/nix/profiles/per-user/root | grep -c app-") == "2");
}

TEST_CASE("a user's profile lies in the user's own place, and its script runs as the user", "[script]") {
  auto host = TestHost::boot();
  host.output_of("useradd --create-home --groups nix-users alice");
  const auto home_manager = [&](const std::string& name, const std::string& more = "") {
    const auto closure =
        Closure("home-" + name).file("activate", script(name, more, "$HOME/log")).build(host.pusher());
    host.copy_closure(closure);
    auto parameters = change("home-manager", closure);
    parameters["changes"][0]["user"] = "alice";
    return std::pair(closure, parameters);
  };
  const auto [first, to_first] = home_manager("one");
  const auto [bad, to_bad] = home_manager("bad", "exit 7");
  const auto [second, to_second] = home_manager("two");
  std::string profile;
  SECTION("of today's nix") { profile = "/home/alice/.local/state/nix/profiles/home-manager"; }
  SECTION("of older nix, where there is one") {
    profile = "/nix/var/nix/profiles/per-user/alice/home-manager";
    host.output_of("install -d -o alice -g alice /nix/var/nix/profiles/per-user/alice");
  }
  const auto log_of = [&](const std::string& name, const std::string& closure, const std::string& flag) {
    return name + " alice USER=alice HOME=/home/alice PROFILE=" + profile + " DRY_ACTIVATE=" + flag +
           " BOOT=" + flag + " in=" + closure;
  };
  const auto committed = activate(host, "Activate", to_first);
  INFO(committed.dump());
  REQUIRE(committed.at("outcome") == "committed");
  CHECK(names(host, profile) == first);
  const auto reverted = activate(host, "Activate", to_bad);
  INFO(reverted.dump());
  CHECK(reverted.at("outcome") == "reverted");
  CHECK(names(host, profile) == first);
  CHECK(activate(host, "Activate", to_second).at("outcome") == "committed");
  CHECK(names(host, profile) == second);
  CHECK(host.output_of("cat /home/alice/log") == log_of("one", first, "0") + "\n" + log_of("bad", bad, "0") +
                                                     "\n" + log_of("one", first, "") + "\n" +
                                                     log_of("two", second, "0"));
  CHECK(activate(host, "Rollback", {{"profile", "home-manager"}, {"user", "alice"}}).at("outcome") ==
        "committed");
  CHECK(names(host, profile) == first);
  CHECK(host.output_of(
                "find /home/alice /nix/var/nix/profiles/per-user/alice ! -user alice 2>/dev/null || true")
            .empty());
  // What a user's profile names is held against garbage collection.
  host.output_of("nix-collect-garbage");
  CHECK(host.exists(first + "/activate"));
}

TEST_CASE("a first script that fails leaves no profile", "[script]") {
  auto host = TestHost::boot();
  must(deploy_app(host, app(host, "bad", "exit 7")), 3);
  CHECK_FALSE(host.exists(kProfile));
  check_rest(host);
}
