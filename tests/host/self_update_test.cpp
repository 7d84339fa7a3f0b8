// SPDX-License-Identifier: MIT
// A generation that brings another activator, or changes the activator's units: it is judged by the one that
// runs, to the end, and what comes after it is done by the new one.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kUnit = "switchback-activator.service";

/// The web service, and the host's unit of the activator with another program in it.
Closure with_activator(TestHost& host, const std::string& program, const std::string& web_script) {
  const auto unit = host.output_of("sed 's,^ExecStart=.*,ExecStart=" + program +
                                   " serve,' /usr/lib/systemd/system/" + kUnit);
  auto closure = web_closure(web_script);
  closure.file("lib/systemd/system/" + std::string(kUnit), unit + "\n");
  return closure;
}

/// One that brings a whole activator: the host's, as a program of its own.
std::string with_new_activator(TestHost& host, const std::string& web_script) {
  return with_activator(host, "@out@/bin/switchback-activator", web_script)
      .file("bin/switchback-activator", host.read_file("/usr/bin/switchback-activator"))
      .build(host.pusher());
}

/// The program that the next activator is.
std::string activator_of(TestHost& host) {
  host.wait_for("systemctl show -P ActiveState " + std::string(kUnit) + " | grep -q inactive",
                std::chrono::seconds(60));
  return host.output_of("systemctl start " + std::string(kUnit) +
                        " && readlink /proc/$(systemctl show -P MainPID " + kUnit + ")/exe");
}

void kill_while(TestHost& host, const std::string& phase) {
  host.wait_for("grep -q '\"phase\":\"" + phase + "\"' /var/lib/switchback/running.json");
  host.output_of("systemctl kill -s KILL " + std::string(kUnit));
}

}  // namespace

TEST_CASE("a generation that brings a new activator is judged by the old one, and followed by its own",
          "[self-update]") {
  Settled settled;
  auto& host = settled.host;
  const auto second = with_new_activator(host, "exec sleep infinity");
  const auto process = host.start_pusher(deploy_command(second, {"--soak", "4"}));
  kill_while(host, "observing");
  host.wait_for("systemctl show -P ActiveState " + std::string(kUnit) + " | grep -qx active");
  CHECK(host.output_of("readlink /proc/$(systemctl show -P MainPID " + std::string(kUnit) + ")/exe") ==
        "/usr/bin/switchback-activator");
  CHECK(process->wait(std::chrono::seconds(90)) == 0);
  check_runs(host, second);
  CHECK(activator_of(host) == second + "/bin/switchback-activator");
  const auto third = with_new_activator(host, "# the third\nexec sleep infinity");
  REQUIRE(deploy(host, third).status == 0);
  check_runs(host, third);
  CHECK(activator_of(host) == third + "/bin/switchback-activator");
}

TEST_CASE("a generation that breaks the activator and itself is taken back all the same", "[self-update]") {
  Settled settled;
  auto& host = settled.host;
  const auto broken =
      with_activator(host, "/bin/false", "while test ! -e /run/fail; do sleep 0.1; done; exit 1")
          .build(host.pusher());
  const auto process = host.start_pusher(deploy_command(broken, {"--soak", "20"}));
  kill_while(host, "observing");
  host.output_of("touch /run/fail");
  CHECK(process->wait(std::chrono::seconds(90)) == 3);
  check_runs(host, settled.closure);
  CHECK(activator_of(host) == "/usr/bin/switchback-activator");
}

TEST_CASE("a record that a newer activator has left is told of, and left as it is", "[self-update]") {
  Settled settled;
  auto& host = settled.host;
  const std::string newer = R"({"record":99,"id":"0123456789abcdef0123456789abcdef"})";
  host.write_file("/var/lib/switchback/running.json", newer, "0600");
  host.output_of("systemctl restart " + std::string(kUnit));
  const auto result = deploy(host, web(host, "web-2"));
  CHECK(result.status != 0);
  CHECK_THAT(result.out + result.err, ContainsSubstring("newer activator"));
  expect(verb(host, "status"), 0, "newer activator");
  CHECK(host.read_file("/var/lib/switchback/running.json") == newer);
  host.output_of("rm /var/lib/switchback/running.json && systemctl restart " + std::string(kUnit));
  check_runs(host, settled.closure);
}
