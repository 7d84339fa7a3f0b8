// SPDX-License-Identifier: MIT
// Nothing hangs on the system bus: a revert starts it again, or does without it.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kStop = "systemctl stop dbus.socket dbus.service";
constexpr const char* kMask = "systemctl mask --runtime dbus.socket dbus.service";

std::string logging_script(const std::string& name, const std::string& more = "") {
  return "#!/bin/sh\necho " + name + " >>/var/lib/app.log\n" + more + "\n";
}

std::string app(TestHost& host, const std::string& name, const std::string& more = "") {
  return Closure("app-" + name).file("deploy-rs-activate", logging_script(name, more)).build(host.pusher());
}

bool bus_runs(TestHost& host) {
  return host.run(
                 "timeout 5 busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus "
                 "GetId")
             .status == 0;
}

std::string warnings(TestHost& host) {
  return host.output_of(
      "cat /var/lib/switchback/history/* | grep -o '\"type\":\"warning\"[^}]*\\|"
      "\"message\":\"the system bus[^\"]*' || true");
}

}  // namespace

TEST_CASE("with the bus stopped in the trial, the revert starts it again", "[bus]") {
  Settled settled;
  auto& host = settled.host;
  const auto process =
      host.start_pusher(deploy_command(web(host, "web-2"), {"--soak", "8", "--gate-deadline", "12"}));
  await_phase(host, "observing");
  host.output_of(kStop);
  await_rest(host);
  process->kill_all();
  CHECK(bus_runs(host));
  check_runs(host, settled.closure);
  CHECK(last_outcome(host).at("outcome") == "reverted");
  CHECK_THAT(warnings(host), ContainsSubstring("the revert started it again"));
}

TEST_CASE("a closure that stops the bus and keeps it from starting is reverted without it", "[bus]") {
  SECTION("units") {
    Settled settled;
    auto& host = settled.host;
    const auto broken = web_running(host, std::string(kMask) + "; " + kStop + "; exec sleep infinity");
    const auto process = host.start_pusher(deploy_command(broken, {"--soak", "8", "--gate-deadline", "12"}));
    await_phase(host, "reverting");
    await_rest(host);
    process->kill_all();
    CHECK_FALSE(bus_runs(host));
    check_runs(host, settled.closure);
    CHECK_THAT(warnings(host), ContainsSubstring("goes on without it"));
  }
  SECTION("a script") {
    auto host = TestHost::boot();
    const auto first = app(host, "one");
    REQUIRE(host.pusher(deploy_to("app", first)).status == 0);
    const auto broken = app(host, "two", std::string(kMask) + "; " + kStop);
    const auto process = host.start_pusher(deploy_to("app", broken, {"--activation-timeout", "10"}));
    await_phase(host, "reverting");
    await_rest(host);
    process->kill_all();
    CHECK_FALSE(bus_runs(host));
    CHECK(host.output_of("readlink -f " + std::string(kProfile)) == first);
    CHECK(host.output_of("cat /var/lib/app.log") == "one\ntwo\none");
    check_rest(host);
    CHECK_THAT(warnings(host), ContainsSubstring("goes on without it"));
  }
  SECTION("a NixOS system") {
    NixosHost nixos;
    auto& host = nixos.host;
    const auto broken = web_system("two").wanted(
        "breaker.service", service_running(std::string(kMask) + "; " + kStop + "; exec sleep infinity"));
    const auto process =
        host.start_pusher(deploy_to("system", broken.build(host.pusher()), {"--activation-timeout", "10"}));
    await_phase(host, "reverting");
    await_rest(host);
    process->kill_all();
    CHECK_FALSE(bus_runs(host));
    check_system(host, nixos.first);
  }
}

TEST_CASE("a bus that is stuck in the trial is found out, and the revert goes on without it", "[bus]") {
  Settled settled;
  auto& host = settled.host;
  const std::string phase = GENERATE("switching", "observing");
  INFO(phase);
  const auto second =
      phase == "switching" ? web_running(host, "exec sleep infinity", "Type=notify") : web(host, "web-2");
  const auto process = host.start_pusher(deploy_command(
      second, {"--soak", "8", "--gate-deadline", "12", "--activation-timeout", "8", "--json"}));
  await_phase(host, phase);
  if (phase == "switching") host.wait_for("systemctl show -P ActiveState web.service | grep -qx activating");
  host.output_of("systemctl kill --signal STOP dbus.service");
  await_rest(host);
  CHECK_FALSE(bus_runs(host));
  check_runs(host, settled.closure);
  CHECK_THAT(warnings(host), ContainsSubstring("goes on without it"));
  host.output_of("systemctl kill --signal CONT dbus.service");
  process->kill_all();
  CHECK(last_outcome(host).at("outcome") == "reverted");
  const auto third = web(host, "web-3");
  CHECK(deploy(host, third).status == 0);
  check_runs(host, third);
}

TEST_CASE("a bus that is stuck while a confirmation is awaited holds up no commit", "[bus]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  const auto process =
      host.start_pusher(deploy_command(second, {"--confirm", "manual", "--confirm-timeout", "60"}));
  await_phase(host, "awaiting confirmation");
  const auto id = varlink(host, "Status").at("parameters").at("running").at("id").get<std::string>();
  host.output_of("systemctl kill --signal STOP dbus.service");
  // A login would wait a minute and a half for logind: somebody is on the host already.
  const auto answer =
      host.output_of(R"(printf '{"method":"org.switchback.Activator.Confirm","parameters":{"id":"%s"}}\0' )" +
                     id + " | switchback-activator bridge");
  CHECK_THAT(answer, ContainsSubstring("committed"));
  CHECK(process->wait() == 0);
  check_runs(host, second);
}

TEST_CASE("a bus that is restarted in the trial is no reason to revert", "[bus]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = web(host, "web-2");
  std::vector<std::string> options{"--soak", "5"};
  // Debian 13's logind does not come back to a bus that was restarted, and each login waits 25 s for it.
  if (default_suite() != Suite::bookworm) options.insert(options.end(), {"--confirm-timeout", "60"});
  const auto process = host.start_pusher(deploy_command(second, options));
  await_phase(host, "observing");
  host.output_of("systemctl restart dbus.service");
  CHECK(process->wait(std::chrono::seconds(90)) == 0);
  check_runs(host, second);
}
