// SPDX-License-Identifier: MIT
// What a person reads on a terminal of 80 columns, to the letter: files in tests/data/host.
#include "tests/support/golden.hpp"

#include "tests/host/deploy.hpp"
#include "tests/host/repository.hpp"
#include "tests/support/steady_text.hpp"

using namespace switchback::test;

namespace {

/// As typed on a terminal that can only print lines.
std::string typed(TestHost& host, std::vector<std::string> argv, int status) {
  argv.insert(argv.begin(), {"env", "TERM=dumb", "NO_COLOR=1"});
  PusherOptions options;
  options.terminal = true;
  const auto result = host.pusher(argv, options);
  CHECK(result.status == status);
  return steady_text(result.out);
}

/// Those of the command first: they are told while the host tells its own.
std::string steady_events(const std::vector<nlohmann::json>& events) {
  std::string ours;
  std::string of_host;
  for (auto event : events) {
    for (const char* key : {"time", "deadline"}) {
      if (event.contains(key)) event[key] = 0;
    }
    (event.contains("seq") ? of_host : ours) += steady_text(event.dump()) + "\n";
  }
  return ours + of_host;
}

HostOptions web1() {
  HostOptions options;
  options.name = "web1";
  return options;
}

std::vector<std::string> deploy_to_web1(const std::string& closure,
                                        const std::vector<std::string>& more = {}) {
  std::vector<std::string> argv{"switchback", "deploy", "--host", "root@web1", "--profile",
                                "app",        "--path", closure,  "--soak",    "1"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

}  // namespace

TEST_CASE("a deployment, one that crashes, the status and the history read as they should", "[golden]") {
  auto host = TestHost::boot(web1());
  check_text("host/committed.txt", typed(host, deploy_to_web1(web(host, "web-1")), 0));
  // What systemd writes of the start comes first: the two are not written by the same process.
  const auto crash = web_running(host,
                                 "until systemctl is-active --quiet web.service; do :; done; "
                                 "echo 'no such table: users' >&2; exit 1");
  check_text("host/crashed.txt", typed(host, deploy_to_web1(crash), 3));
  check_text("host/status.txt", typed(host, {"switchback", "status", "--host", "root@web1"}, 0));
  check_text("host/history.txt", typed(host, {"switchback", "history", "--host", "root@web1"}, 0));
}

TEST_CASE("a generation that nobody can confirm, a busy host and one that is not there read as they should",
          "[golden]") {
  auto host = TestHost::boot(web1());
  REQUIRE(host.pusher(deploy_to_web1(web(host, "web-1"))).status == 0);
  const auto second = web(host, "web-2");
  const auto first =
      host.start_pusher(deploy_to_web1(second, {"--confirm", "manual", "--confirm-timeout", "60"}));
  host.wait_for("journalctl -o cat -n 1 -u switchback-activator.service | grep -q 'awaiting confirmation'");
  check_text("host/busy.txt", typed(host, deploy_to_web1(second), 6));
  host.pusher({"switchback", "cancel", "--host", "root@web1"});
  CHECK(first->wait(std::chrono::seconds(60)) == 3);
  const auto lost = web_running(host, "systemctl stop ssh.service; exec sleep infinity");
  check_text("host/never_confirmed.txt", typed(host, deploy_to_web1(lost, {"--confirm-timeout", "3"}), 3));
  check_text("host/unreachable.txt",
             typed(host,
                   {"switchback", "deploy", "--host", "root@10.203.255.254", "--profile", "app", "--path",
                    lost, "--ssh-opt=-oConnectTimeout=2"},
                   5));
}

TEST_CASE("a flake's dry run, for a person and for a program, and its check read as they should",
          "[golden]") {
  auto host = TestHost::boot(web1());
  const auto at_flake = [](const std::string& verb) {
    return std::vector<std::string>{"sh", "-c",
                                    "cd repository && exec switchback " + verb + " .#web --hostname web1"};
  };
  write_flake(host, "web-1");
  REQUIRE(host.pusher(at_flake("deploy")).status == 0);
  host.pusher().output_of({"sed", "-i", "s/sleep infinity/sleep 1000000/", "repository/flake.nix"});
  check_text("host/flake_check.txt", typed(host, at_flake("check"), 0));
  check_text("host/flake_dry_run.txt", typed(host, at_flake("deploy --dry-run"), 0));
  const auto as_json = host.pusher(at_flake("deploy --dry-run --json"));
  CHECK(as_json.status == 0);
  check_text("host/flake_dry_run.jsonl", steady_events(events_of(as_json)));
}
