// SPDX-License-Identifier: MIT
// A soft reboot (systemd 254 and newer) starts userspace anew and keeps the kernel, its boot id and /run:
// what a trial has put there is started again, and must be taken back all the same.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

HostOptions debian_13() {
  HostOptions options;
  options.suite = Suite::trixie;
  return options;
}

/// A host of Debian 13 on which web-1 was committed.
struct Settled13 {
  TestHost host = TestHost::boot(debian_13());
  std::string closure = web(host, "web-1");
  Settled13() { settle(host, closure); }
};

void soft_reboot(TestHost& host) {
  const auto before = std::stoi(host.output_of("systemctl show -P SoftRebootsCount"));
  (void)host.run("systemctl soft-reboot --no-block");
  host.wait_for("systemctl show -P SoftRebootsCount | grep -qx " + std::to_string(before + 1) +
                    " && systemctl is-system-running --wait | grep -qE 'running|degraded'",
                std::chrono::seconds(90));
}

}  // namespace

TEST_CASE("a soft reboot in the trial goes back to the old closure, though /run still has the new one",
          "[soft-reboot]") {
  Settled13 settled;
  auto& host = settled.host;
  const auto process = host.start_pusher(deploy_command(web(host, "web-2"), {"--soak", "60"}));
  host.wait_for("grep -q '\"phase\":\"observing\"' /var/lib/switchback/running.json");
  soft_reboot(host);
  await_rest(host);
  check_runs(host, settled.closure);
  CHECK(last_outcome(host).at("outcome") == "reverted");
  process->kill_all();
}

TEST_CASE("what was committed runs after a soft reboot", "[soft-reboot]") {
  Settled13 settled;
  auto& host = settled.host;
  soft_reboot(host);
  check_runs(host, settled.closure);
}
