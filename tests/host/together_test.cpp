// SPDX-License-Identifier: MIT
// Several profiles of a node are one activation: tried in order, judged once, and committed or reverted
// together, whatever happens between two of them.
#include "tests/host/repository.hpp"
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <set>
#include <string>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

const std::string kDeployAll = "switchback deploy --file fleet.json web";

using Closures = std::map<std::string, std::string>;

std::string directory_of(const std::string& profile) {
  return "/nix/var/nix/profiles/per-user/root/" + profile;
}

/// A closure of one service.
std::string service_of(TestHost& host, const std::string& unit, const std::string& script) {
  return units(host, {{unit, service_running(script) + "[Install]\nWantedBy=multi-user.target\n"}});
}

/// Writes the manifest of a node with these profiles, tried in the order of `order`.
void write_manifest(TestHost& host, const std::vector<std::string>& order, const Closures& closures) {
  json profiles;
  for (const auto& [name, closure] : closures) profiles[name] = {{"path", closure}, {"user", "root"}};
  write(host, "fleet.json",
        json{{"nodes",
              {{"web",
                {{"hostname", "target"},
                 {"sshUser", "root"},
                 {"gate", {{"soak", 3}}},
                 {"profilesOrder", order},
                 {"profiles", profiles}}}}}}
            .dump());
}

CommandResult deploy_all(TestHost& host) { return in_repository(host, kDeployAll); }

void check_names(TestHost& host, const Closures& closures) {
  for (const auto& [name, closure] : closures) {
    INFO(name);
    CHECK(named(host, directory_of(name)) == closure);
  }
}

/// Both services run, by the definitions that say `which`.
void check_services(TestHost& host, const std::string& which) {
  for (const std::string unit : {"web", "worker"}) {
    INFO(unit);
    CHECK(host.unit_property(unit + ".service", "ActiveState") == "active");
    CHECK_THAT(host.unit_property(unit + ".service", "ExecStart"), ContainsSubstring(unit + " " + which));
  }
}

/// Two profiles of one service each.
Closures pair(TestHost& host, const std::string& which) {
  Closures closures;
  for (const std::string name : {"web", "worker"}) {
    closures[name] =
        service_of(host, name + ".service", "echo " + name + " " + which + "; exec sleep infinity");
  }
  return closures;
}

/// A commit that has come to the second of two profiles, and no further: some other nix holds that one's
/// lock, so that it is left to nix-env, and nix-env hangs.
struct BetweenTwoCommits {
  TestHost host = TestHost::boot();
  Closures first = pair(host, "one");
  Closures second = pair(host, "two");
  std::unique_ptr<PusherProcess> pusher;

  BetweenTwoCommits() {
    write_manifest(host, {"web", "worker"}, first);
    expect(deploy_all(host), 0, "web: committed: ");
    host.output_of("mkfifo /run/never && rm /usr/bin/nix-env");
    host.write_file("/usr/bin/nix-env", "#!/bin/sh\nread -r _ </run/never\n", "0755");
    host.output_of("systemd-run --quiet --collect --unit=holder flock " + directory_of("worker") +
                   ".lock sleep infinity");
    host.wait_for("! flock --nonblock " + directory_of("worker") + ".lock true");
    write_manifest(host, {"web", "worker"}, second);
    pusher = host.start_pusher({"sh", "-c", "cd repository && exec " + kDeployAll});
    host.wait_for("[ $(readlink -f " + directory_of("web") + ") = " + second.at("web") + " ]");
  }
};

}  // namespace

TEST_CASE("three profiles are one activation: the third one's service crashes, and all are as before",
          "[together]") {
  auto host = TestHost::boot();
  const std::vector<std::string> order{"site", "web", "worker"};
  const auto site = [&](const std::string& name) {
    return Closure("site-" + name)
        .file("switchback-activate", "#!/bin/sh\necho " + name + " >>/var/lib/site.log\n")
        .build(host.pusher());
  };
  auto first = pair(host, "one");
  first["site"] = site("one");
  write_manifest(host, order, first);
  expect(deploy_all(host), 0, "web: committed: ");
  auto second = pair(host, "two");
  second["site"] = site("two");
  second["worker"] = service_of(host, "worker.service", "echo worker two; sleep 1; exit 7");
  write_manifest(host, order, second);
  const auto reverted = deploy_all(host);
  expect(reverted, 3, "worker.service exited with status 7");
  expect(reverted, 3, "worker two");
  await_rest(host);
  check_names(host, first);
  check_services(host, "one");
  CHECK(host.read_file("/var/lib/site.log") == "one\ntwo\none\n");
  CHECK(count_of_history(host) == 2);
  const auto outcome = last_outcome(host);
  CHECK(outcome.at("outcome") == "reverted");
  CHECK(parts_of(outcome) == std::set<std::string>{"site", "web", "worker"});
}

TEST_CASE("an activator that dies between two commits of an activation commits the rest", "[together]") {
  BetweenTwoCommits commit;
  auto& host = commit.host;
  CHECK(named(host, directory_of("worker")) == commit.first.at("worker"));
  host.output_of("systemctl kill -s KILL switchback-activator.service");
  host.output_of("systemctl stop holder.service");
  CHECK(commit.pusher->wait(std::chrono::seconds(90)) == 0);
  await_rest(host);
  check_names(host, commit.second);
  check_services(host, "two");
  CHECK(last_outcome(host).at("outcome") == "committed");
  host.reboot();
  check_services(host, "two");
}

TEST_CASE("a host that goes down between two commits of an activation comes back with neither",
          "[together]") {
  BetweenTwoCommits commit;
  auto& host = commit.host;
  host.crash();
  host.boot_again();
  await_rest(host);
  check_names(host, commit.first);
  check_services(host, "one");
  const auto outcome = last_outcome(host);
  CHECK(outcome.at("outcome") == "reverted");
  CHECK(parts_of(outcome) == std::set<std::string>{"web", "worker"});
  CHECK(commit.pusher->wait(std::chrono::seconds(90)) == 3);
  host.reboot();
  check_services(host, "one");
}
