// SPDX-License-Identifier: MIT
// What others do to a host in the middle of a trial: the manager re-executed and reloaded, the disk full, the
// store collected, the profile moved, targets isolated, the network cut. The host ends on the old closure or
// the new one.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::chrono::seconds kPatience{120};

void await_phase(TestHost& host, const std::string& phase) {
  host.wait_for("grep -q '\"phase\":\"" + phase + "\"' /var/lib/switchback/running.json", kPatience);
}

/// Ready two seconds after it was started.
std::string slow(TestHost& host, const std::string& then = "exec sleep infinity") {
  return web_running(host, "sleep 2; systemd-notify --ready; " + then, "Type=notify\nNotifyAccess=all");
}

/// Does it again and again while it lives.
class Storm {
 public:
  Storm(TestHost& host, const std::string& command) : host_(host) {
    host_.output_of(
        "rm -f /run/calm && systemd-run --quiet --collect --unit=storm /bin/sh -c 'until test -e "
        "/run/calm; do " +
        command + "; done'");
  }
  ~Storm() {
    // What is asked of systemd in the storm may not be answered.
    try {
      host_.output_of("touch /run/calm");
      host_.wait_for("systemctl is-active storm.service | grep -qx inactive");
    } catch (const std::exception& error) {
      FAIL_CHECK("the storm did not end: " << error.what());
    }
  }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

 private:
  TestHost& host_;
};

void judge_in_a_storm(const std::string& command) {
  Settled settled;
  auto& host = settled.host;
  const auto good = slow(host);
  const auto bad = web_running(host, "sleep 3; exit 1");
  {
    const Storm storm(host, command);
    const auto result = deploy(host, good, {"--soak", "3"});
    INFO(result.out << result.err);
    CHECK(result.status == 0);
  }
  check_runs(host, good);
  {
    const Storm storm(host, command);
    const auto result = deploy(host, bad, {"--soak", "6"});
    INFO(result.out << result.err);
    CHECK(result.status == 3);
    CHECK_THAT(result.out + result.err, ContainsSubstring("web.service"));
  }
  check_runs(host, good);
  CHECK(host.state() == "running");
}

}  // namespace

TEST_CASE("a manager that is re-executed all the time hides neither health nor failure", "[faults]") {
  judge_in_a_storm("systemctl daemon-reexec; sleep 0.1");
}

TEST_CASE("a manager that is reloaded all the time hides neither health nor failure", "[faults]") {
  judge_in_a_storm("systemctl daemon-reload; sleep 0.1");
}

TEST_CASE("a disk that is full before the commit takes the generation back, and tells why", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  // A disk of its own, that the record and the history fill up.
  host.output_of(
      "systemctl stop switchback-activator.service && cp -a /var/lib/switchback /var/tmp/kept && "
      "mount -t tmpfs -o size=512k,mode=0700 none /var/lib/switchback && cp -a /var/tmp/kept/. "
      "/var/lib/switchback/");
  const auto second = web(host, "web-2");
  const auto process = host.start_pusher(deploy_command(second, {"--confirm", "manual"}));
  process->wait_for_output("switchback confirm");
  host.run("dd if=/dev/zero of=/var/lib/switchback/filler bs=4k");
  const auto confirmed = verb(host, "confirm");
  CHECK(confirmed.status != 0);
  CHECK(process->wait(kPatience) == 3);
  CHECK_THAT(process->out() + process->err(), ContainsSubstring("No space left on device"));
  CHECK_THAT(host.output_of("systemctl cat web.service"), ContainsSubstring(settled.closure));
  host.output_of("rm /var/lib/switchback/filler");
  expect(verb(host, "status"), 0, "app");
  check_runs(host, settled.closure);
  REQUIRE(deploy(host, second).status == 0);
  check_runs(host, second);
}

TEST_CASE("the closure to go back to outlives a garbage collection of everything old", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  // What the profile names no longer holds it, either.
  const auto process = host.start_pusher(
      deploy_command(web_running(host, "while test ! -e /run/fail; do sleep 0.2; done; exit 1"),
                     {"--soak", "60", "--gate-deadline", "90"}));
  await_phase(host, "observing");
  host.output_of("rm " + std::string(kProfile) + "* && nix-collect-garbage -d");
  host.output_of("test -d " + settled.closure + " && touch /run/fail");
  // Somebody has moved the profile: that is told, and not undone.
  CHECK(process->wait(kPatience) == 4);
  CHECK(last_outcome(host).at("outcome") == "superseded");
  CHECK_THAT(host.output_of("systemctl cat web.service"), ContainsSubstring(settled.closure));
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
}

TEST_CASE("a garbage collection in the trial leaves both closures alone", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  const bool healthy = GENERATE(true, false);
  const auto second = web_running(
      host, healthy ? "exec sleep infinity" : "while test ! -e /run/go; do sleep 0.2; done; exit 1");
  const auto process = host.start_pusher(deploy_command(second, {"--soak", "6"}));
  await_phase(host, "observing");
  host.output_of("nix-collect-garbage -d && touch /run/go");
  CHECK(process->wait(kPatience) == (healthy ? 0 : 3));
  await_rest(host);
  check_runs(host, healthy ? second : settled.closure);
}

TEST_CASE("a profile that somebody moves in the trial is left to them, and they are told", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  const auto third = web(host, "web-3");
  host.copy_closure(third);
  const auto process = host.start_pusher(deploy_command(web(host, "web-2"), {"--soak", "5"}));
  await_phase(host, "observing");
  host.output_of("nix-env --profile " + std::string(kProfile) + " --set " + third);
  CHECK(process->wait(kPatience) == 4);
  CHECK(last_outcome(host).at("outcome") == "superseded");
  CHECK(named(host) == third);
}

TEST_CASE("isolating a target in the trial ends neither the activator nor what the trial runs", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  const auto process = host.start_pusher(deploy_command(second, {"--soak", "4"}));
  await_phase(host, "observing");
  host.output_of("systemctl isolate multi-user.target");
  CHECK(process->wait(kPatience) == 0);
  await_rest(host);
  check_runs(host, second);
}

TEST_CASE("a network that is cut in any phase leaves one of the two closures", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  const std::string phase = GENERATE("switching", "observing", "awaiting confirmation");
  INFO(phase);
  const auto second = slow(host);
  const auto process = host.start_pusher(deploy_command(second, {"--soak", "2", "--confirm-timeout", "4"}));
  await_phase(host, phase);
  host.cut_network();
  await_rest(host);
  host.restore_network();
  const auto status = process->wait(kPatience);
  const bool committed = last_outcome(host).at("outcome") == "committed";
  check_runs(host, committed ? second : settled.closure);
  // The pusher has come back and been told, or has said that it does not know.
  CHECK((status == 7 || status == (committed ? 0 : 3)));
}

TEST_CASE("a host that dies in any phase has one closure when it is back, and says which", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  const std::string phase = GENERATE("switching", "awaiting confirmation", "reverting");
  INFO(phase);
  const auto second = phase == "reverting" ? web_running(host, "sleep 0.5; exit 1") : slow(host);
  const auto process = host.start_pusher(deploy_command(second, {"--soak", "2", "--confirm", "manual"}));
  await_phase(host, phase);
  host.crash();
  process->kill_all();
  host.boot_again();
  await_rest(host);
  check_runs(host, settled.closure);
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
  CHECK(last_outcome(host).at("outcome") == "reverted");
}

TEST_CASE("a host that dies in the trial is back without any code of ours", "[faults]") {
  Settled settled;
  auto& host = settled.host;
  const auto process = host.start_pusher(deploy_command(web(host, "web-2"), {"--soak", "30"}));
  await_phase(host, "observing");
  host.output_of(
      "systemctl mask switchback-activator.service switchback-activator.socket switchback-recover.service; "
      "sync");
  host.crash();
  process->kill_all();
  host.boot_again();
  CHECK_THAT(host.output_of("systemctl cat web.service"), ContainsSubstring(settled.closure));
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
  CHECK(named(host) == settled.closure);
}

TEST_CASE("a broken unit among the committed ones costs a boot that unit alone", "[faults]") {
  auto host = TestHost::boot();
  const std::string wanted = "[Install]\nWantedBy=multi-user.target\n";
  settle(host, units(host, {{"good.service", "[Service]\nExecStart=/bin/sleep infinity\n" + wanted},
                            {"other.service", "[Service]\nExecStart=/bin/sleep infinity\n" + wanted}}));
  host.output_of(
      "cd /etc/switchback/profiles/app && f=$(find -L . -name other.service | head -1) && "
      "head -c 100000 /dev/urandom >$f");
  host.reboot();
  CHECK(host.unit_property("good.service", "ActiveState") == "active");
  CHECK(host.unit_property("other.service", "ActiveState") == "inactive");
  CHECK(host.run("switchback-activator --version").status == 0);
}
