// SPDX-License-Identifier: MIT
// Deployments that end well, and what they leave alone.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a first generation is committed, and a second takes its place", "[commit]") {
  auto host = TestHost::boot();
  const auto first = web(host, "web-1");
  const auto result = deploy(host, first);
  INFO(result.out << result.err);
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out + result.err, ContainsSubstring("committed"));
  check_runs(host, first);
  const auto second = web(host, "web-2");
  REQUIRE(deploy(host, second).status == 0);
  check_runs(host, second);
  CHECK_THAT(host.output_of("journalctl -o cat -u web.service"), ContainsSubstring("this is web-2"));
  SECTION("and it is what a reboot starts") {
    host.reboot();
    check_runs(host, second);
  }
  SECTION("and status tells it") {
    const auto status = host.pusher({"switchback", "status", "--host", "root@target"});
    CHECK(status.status == 0);
    CHECK_THAT(status.out, ContainsSubstring("app"));
    CHECK_THAT(status.out, ContainsSubstring("2"));
  }
}

TEST_CASE("the same closure again restarts nothing and makes no generation", "[commit]") {
  auto host = TestHost::boot();
  const auto closure = web(host, "web-1");
  settle(host, closure);
  const auto before = invocation(host);
  const auto result = deploy(host, closure);
  CHECK(result.status == 0);
  CHECK(invocation(host) == before);
  CHECK(host.output_of("ls /nix/var/nix/profiles/per-user/root | grep -c app-") == "1");
  check_runs(host, closure);
}

TEST_CASE("a unit that is removed is stopped by the definition that it was started with", "[commit]") {
  auto host = TestHost::boot();
  settle(host, web(host, "web-1", "ExecStop=/bin/touch /var/lib/stopped-by-the-old-definition"));
  const auto without = units(host, {{"other.service",
                                     "[Service]\nExecStart=/bin/sleep infinity\n"
                                     "[Install]\nWantedBy=multi-user.target\n"}});
  REQUIRE(deploy(host, without).status == 0);
  CHECK(host.exists("/var/lib/stopped-by-the-old-definition"));
  CHECK(host.unit_property("web.service", "LoadState") == "not-found");
  CHECK(host.unit_property("other.service", "ActiveState") == "active");
}

TEST_CASE("a changed unit that asks not to be restarted keeps running", "[commit]") {
  auto host = TestHost::boot();
  settle(host, web(host, "web-1", "X-RestartIfChanged=false"));
  const auto before = invocation(host);
  const auto second = web(host, "web-2", "X-RestartIfChanged=false");
  const auto result = deploy(host, second, {"--json"});
  REQUIRE(result.status == 0);
  CHECK(invocation(host) == before);
  bool told = false;
  for (const auto& event : events_of(result)) {
    told = told || (event.value("type", "") == "plan" && event.value("action", "") == "skip");
  }
  CHECK(told);
  check_runs(host, second);
}

TEST_CASE("what an administrator stopped stays stopped, whatever changes around it", "[commit]") {
  auto host = TestHost::boot();
  settle(host, web(host, "web-1"));
  host.output_of("systemctl stop web.service");
  REQUIRE(deploy(host, web(host, "web-2")).status == 0);
  CHECK(host.unit_property("web.service", "ActiveState") == "inactive");
}

TEST_CASE("a mask of the administrator's is respected, and told", "[commit]") {
  auto host = TestHost::boot();
  host.output_of("systemctl mask --quiet web.service");
  const auto result = deploy(host, web(host, "web-1"));
  CHECK(result.status == 0);
  CHECK_THAT(result.out + result.err, ContainsSubstring("mask"));
  CHECK(host.unit_property("web.service", "ActiveState") == "inactive");
}

TEST_CASE("sockets, timers, targets, templates and drop-ins of a closure work", "[commit]") {
  auto host = TestHost::boot();
  const std::string run_until_stopped = "[Service]\nExecStart=/bin/sleep infinity\n";
  const auto closure = units(
      host, {{"app.target", "[Unit]\nWants=job@a.service\n[Install]\nWantedBy=multi-user.target\n"},
             {"job@.service", run_until_stopped},
             {"job@.service.d/10-limit.conf", "[Service]\nLimitNOFILE=123\n"},
             {"tick.timer", "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"},
             {"tick.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n"},
             {"echo.socket",
              "[Socket]\nListenStream=/run/echo.sock\nAccept=yes\n[Install]\nWantedBy=sockets.target\n"},
             {"echo@.service", "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n"},
             {"ssh.service.d/50-app.conf", "[Service]\nEnvironment=APP=1\n"}});
  const auto result = deploy(host, closure);
  INFO(result.out << result.err);
  REQUIRE(result.status == 0);
  for (const std::string unit : {"app.target", "job@a.service", "tick.timer", "echo.socket", "ssh.service"}) {
    INFO(unit);
    CHECK(host.unit_property(unit, "ActiveState") == "active");
  }
  CHECK(host.unit_property("job@a.service", "LimitNOFILE") == "123");
  CHECK_THAT(host.unit_property("ssh.service", "Environment"), ContainsSubstring("APP=1"));
  host.reboot();
  for (const std::string unit : {"app.target", "job@a.service", "tick.timer", "echo.socket"}) {
    INFO(unit);
    CHECK(host.unit_property(unit, "ActiveState") == "active");
  }
}

TEST_CASE("during a trial systemd refuses to enable what it must not keep", "[commit]") {
  auto host = TestHost::boot();
  const auto process = host.start_pusher(deploy_command(web(host, "web-1"), {"--soak", "8"}));
  host.wait_for("systemctl is-active web.service");
  const auto enabled = host.run("systemctl enable web.service");
  CHECK(enabled.status != 0);
  CHECK(host.output_of("systemctl is-enabled web.service || true") == "generated");
  CHECK_FALSE(host.exists("/etc/systemd/system/multi-user.target.wants/web.service"));
  CHECK(process->wait() == 0);
}
