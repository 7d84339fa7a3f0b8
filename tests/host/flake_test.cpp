// SPDX-License-Identifier: MIT
// Whole flakes, as they are: the shapes of deploy-rs's two examples, with a system and users' profiles, and
// our own example of a Debian host.
#include "tests/host/repository.hpp"
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/replaced.hpp"

#include <filesystem>
#include <map>
#include <set>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A function of a name and a script: what deploy-rs's lib.activate.custom makes, the script and a program of
/// its own.
const std::string kCustom = R"(name: script: derivation {
      inherit name script;
      system = "x86_64-linux";
      builder = "/bin/sh";
      PATH = "/usr/bin:/bin";
      args = [ "-euc" ''
        mkdir $out
        printf '#!/bin/sh\n%s\n' "$script" >$out/deploy-rs-activate
        printf '#!/bin/sh\nexec /nowhere/bin/activate "$@"\n' >$out/activate-rs
        chmod +x $out/*
      '' ];
    })";

/// deploy-rs's example of a system, with a second user; its inputs are left out.
std::string system_example(const std::string& system, const std::string& generation) {
  const std::string flake = R"nix({
  description = "Deploy a system and users' profiles";
  outputs = { self }: let
    custom = CUSTOM;
    log = text: ''echo "${text} $(id -un) $PROFILE $(pwd)" >>$HOME/log'';
  in {
    deploy.nodes.example = {
      sshOpts = [ "-p" "2221" ];
      hostname = "target";
      fastConnection = true;
      interactiveSudo = true;
      profilesOrder = [ "system" ];
      profiles = {
        system = { sshUser = "admin"; path = "SYSTEM"; user = "root"; };
        hello = { sshUser = "hello"; path = custom "hello" (log "hello GENERATION"); user = "hello"; };
        tools = { path = custom "tools" (log "tools GENERATION"); user = "alice"; };
      };
    };
  };
})nix";
  return replaced(replaced(replaced(flake, "CUSTOM", kCustom), "SYSTEM", system), "GENERATION", generation);
}

/// Users whose profiles are deployed to, and one who logs in: a member of the group, whom nix trusts.
void add_users(TestHost& host) {
  host.output_of(
      "for user in admin hello alice; do useradd --create-home --groups nix-users $user; done; "
      "usermod --append --groups switchback --shell /bin/sh admin; "
      "install -d -o admin -m 700 /home/admin/.ssh; "
      "install -o admin -m 600 /root/.ssh/authorized_keys /home/admin/.ssh/; "
      "printf '\\ntrusted-users = root admin\\n' >>/etc/nix/nix.conf; "
      "systemctl try-restart nix-daemon.service");
}

std::string user_profile(const std::string& user, const std::string& name) {
  return "/home/" + user + "/.local/state/nix/profiles/" + name;
}

/// Those parts of this project that a flake of it needs, as a user would have it beside their own.
std::string project_of(TestHost& host) {
  const fs::path source = SWITCHBACK_SOURCE;
  const auto project = host.pusher().home() / "project";
  for (const auto* part : {"flake.nix", "CMakeLists.txt", "cli/manifest", "nix", "tests/nix"}) {
    fs::create_directories((project / part).parent_path());
    fs::copy(source / part, project / part, fs::copy_options::recursive);
  }
  return project.string();
}

}  // namespace

TEST_CASE("deploy-rs's example of a system and users' profiles deploys as it stands", "[flake]") {
  NixosHost nixos;
  auto& host = nixos.host;
  add_users(host);
  host.write_file("/etc/ssh/sshd_config.d/port.conf",
                  "Port 22\nPort 2221\nMatch LocalPort 22\n  DenyUsers admin\n");
  host.output_of("systemctl restart ssh.service");
  const auto second = web_system("two").build(host.pusher());
  write(host, "flake.nix", system_example(deploy_rs_wrapper(host.pusher(), second), "one"));
  const auto result = in_repository(host, "switchback deploy --soak 1 .");
  INFO(shown(result));
  REQUIRE(result.status == 0);
  CHECK_THAT(result.err, ContainsSubstring("interactiveSudo is not used"));
  CHECK_THAT(result.err, ContainsSubstring("sshUser and sshOpts of profile hello are not used"));
  check_system(host, second);
  CHECK(count_of_history(host) == 1);
  CHECK(parts_of(last_outcome(host)) == std::set<std::string>{"hello", "system", "tools"});
  const auto hello = named(host, user_profile("hello", "hello"));
  const auto tools = named(host, user_profile("alice", "tools"));
  CHECK(host.read_file("/home/hello/log") ==
        "hello one hello " + user_profile("hello", "hello") + " " + hello + "\n");
  CHECK(host.read_file("/home/alice/log") ==
        "tools one alice " + user_profile("alice", "tools") + " " + tools + "\n");
  SECTION("a system that fails takes back nothing of the users': they were not begun") {
    const auto bad = web_system("bad").exits("test", 1).build(host.pusher());
    write(host, "flake.nix", system_example(bad, "two"));
    expect(in_repository(host, "switchback deploy --soak 1 ."), 3, "exit status 1");
    check_system(host, second);
    CHECK(named(host, user_profile("hello", "hello")) == hello);
    CHECK(named(host, user_profile("alice", "tools")) == tools);
    CHECK(host.output_of("cat /home/hello/log /home/alice/log | grep -c two || true") == "0");
  }
  SECTION("a user's script that fails takes back the system and the other user's, each by its own") {
    auto broken = system_example(web_system("three").build(host.pusher()), "two");
    broken = replaced(broken, "(log \"tools two\")", "\"echo no such tool >&2; exit 7\"");
    write(host, "flake.nix", broken);
    const auto reverted = in_repository(host, "switchback deploy --soak 1 .");
    expect(reverted, 3, "exit status 7");
    expect(reverted, 3, "no such tool");
    check_system(host, second);
    CHECK(named(host, user_profile("hello", "hello")) == hello);
    CHECK(named(host, user_profile("alice", "tools")) == tools);
    CHECK(host.output_of("cut -d' ' -f2 /home/hello/log") == "one\ntwo\none");
    CHECK(count_of_history(host) == 2);
  }
}

TEST_CASE("deploy-rs's simple example deploys as it stands", "[flake]") {
  auto host = TestHost::boot();
  host.output_of("useradd --create-home --groups nix-users balsoft");
  write(host, "flake.nix",
        replaced(R"({
  description = "Deploy hello to a host";
  outputs = { self }: let custom = CUSTOM; in {
    deploy.nodes.example = {
      hostname = "target";
      profiles.hello = { user = "balsoft"; path = custom "hello" "echo hello >$HOME/said"; };
    };
  };
})",
                 "CUSTOM", kCustom));
  expect(in_repository(host, "switchback deploy --soak 1"), 0, "committed: hello generation 1");
  CHECK(host.read_file("/home/balsoft/said") == "hello\n");
  CHECK(host.exists(named(host, user_profile("balsoft", "hello")) + "/deploy-rs-activate"));
  expect(in_repository(host, "switchback deploy .#exmaple"), 2, "did you mean example?");
  expect(in_repository(host, "switchback deploy .#example.helo"), 2, "did you mean hello?");
}

TEST_CASE("a wrapper of deploy-rs's with steps of somebody's own is run as a script, all of it", "[flake]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").build(host.pusher());
  const auto wrapper = deploy_rs_wrapper(host.pusher(), second,
                                         "set -euo pipefail\n$PROFILE/bin/switch-to-configuration switch\n"
                                         "echo $PROFILE >>/var/lib/own-step");
  const auto result = deploy_system(host, wrapper);
  expect(result, 0, "committed");
  CHECK(host.read_file("/var/lib/own-step") == "/nix/var/nix/profiles/system\n");
  CHECK(named(host, "/nix/var/nix/profiles/system") == wrapper);
  CHECK(host.output_of("readlink /run/current-system") == second);
}

TEST_CASE("the example of a Debian host deploys as it stands, and a changed variable restarts its service",
          "[flake]") {
  auto host = TestHost::boot();
  const auto project = project_of(host);
  const auto example = project + "/nix/examples/debian";
  const auto deploy_example = [&] {
    return in_repository(host, "switchback deploy --hostname target --soak 1 path:" + example +
                                   "#web -- --override-input switchback path:" + project +
                                   " --override-input nixpkgs path:" + project +
                                   "/tests/nix/nixpkgs --no-write-lock-file");
  };
  const auto first = deploy_example();
  expect(first, 0, "committed: app generation 1");
  CHECK(host.unit_property("greeter.service", "ActiveState") == "active");
  CHECK(host.unit_property("tidy.timer", "ActiveState") == "active");
  host.wait_for("journalctl -o cat -u greeter.service | grep -qx hello");
  const auto greeter = invocation(host, "greeter.service");
  const auto timer = invocation(host, "tidy.timer");
  expect(deploy_example(), 0, "committed");
  CHECK(invocation(host, "greeter.service") == greeter);
  host.pusher().output_of(
      {"sed", "-i", "s/GREETING = \"hello\"/GREETING = \"welcome\"/", example + "/flake.nix"});
  expect(deploy_example(), 0, "committed: app generation 2");
  CHECK(invocation(host, "greeter.service") != greeter);
  CHECK(invocation(host, "tidy.timer") == timer);
  host.wait_for("journalctl -o cat -u greeter.service | grep -qx welcome");
  host.reboot();
  host.wait_for("systemctl is-active greeter.service tidy.timer");
}
