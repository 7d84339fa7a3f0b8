// SPDX-License-Identifier: MIT
// The newest systemd, on control groups v2 alone: what the demo shows.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the newest systemd keeps good generations and none other", "[sid]") {
  HostOptions options;
  options.suite = Suite::sid;
  auto host = TestHost::boot(options);
  CHECK(host.output_of("stat -f -c %T /sys/fs/cgroup") == "cgroup2fs");
  const auto first = web(host, "web-1");
  settle(host, first);
  check_runs(host, first);

  const auto crashed =
      deploy(host, web_running(host, "sleep 3; echo no such table: users >&2; exit 1"), {"--soak", "5"});
  CHECK(crashed.status == 3);
  CHECK_THAT(crashed.out + crashed.err, ContainsSubstring("no such table: users"));
  check_runs(host, first);

  const auto cut_off =
      deploy(host, web_running(host, "systemctl stop ssh.service ssh.socket; exec sleep infinity"),
             {"--confirm-timeout", "4"});
  CHECK(cut_off.status == 3);
  check_runs(host, first);
  CHECK(host.unit_property("ssh.service", "ActiveState") == "active");

  const auto last = web(host, "web-4");
  REQUIRE(deploy(host, last).status == 0);
  check_runs(host, last);
  CHECK(host.pusher({"switchback", "status", "--host", "root@target"}).status == 0);
  host.reboot();
  check_runs(host, last);
}
