// SPDX-License-Identifier: MIT
// Bad input of every kind: a clear error, the exit status of the table, nothing changed, the activator still
// serving.
#include "tests/host/deploy.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Runs a command that must fail with `status` and say `says`; nothing may have changed.
void refused(TestHost& host, const CommandResult& result, int status, const std::string& says,
             const std::string& runs = "") {
  INFO(result.out << result.err);
  CHECK(result.status == status);
  CHECK_THAT(result.out + result.err, ContainsSubstring(says));
  check_runs(host, runs);
  CHECK(varlink(host, "Status").contains("parameters"));
}

std::string raw(TestHost& host, const std::string& bytes) {
  PusherOptions options;
  options.input = bytes;
  return host.pusher({"ssh", "root@target", "switchback-activator", "bridge"}, options).out;
}

}  // namespace

TEST_CASE("a closure that cannot be run is refused before anything changes", "[refuse]") {
  auto host = TestHost::boot();
  const std::string install = "[Install]\nWantedBy=multi-user.target\n";
  SECTION("it is not in the pusher's store") {
    refused(host, deploy(host, "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nowhere"), 1, "not");
  }
  SECTION("it is of no known kind") {
    refused(host, deploy(host, Closure("plain").file("etc/text", "x").build(host.pusher())), 1,
            "lib/systemd/system");
  }
  SECTION("systemd cannot load one of its units") {
    refused(host, deploy(host, units(host, {{"web.service", "[Service]\nType=simple\n" + install}})), 1,
            "web.service");
  }
  SECTION("a unit of it is no unit file") {
    refused(host, deploy(host, units(host, {{"web.service", "this is no unit\n"}})), 1, "web.service");
  }
  SECTION("it enables what is not there") {
    refused(host,
            deploy(host, units(host, {{"web.service",
                                       "[Service]\nExecStart=/bin/sleep infinity\n"
                                       "[Install]\nWantedBy=mulit-user.target\n"}})),
            1, "mulit-user.target");
  }
  SECTION("an administrator's unit has the same name") {
    host.write_file("/etc/systemd/system/web.service", "[Service]\nExecStart=/bin/sleep infinity\n");
    host.output_of("systemctl daemon-reload");
    const auto result = deploy(host, web(host, "web-1"));
    CHECK(result.status == 1);
    CHECK_THAT(result.out + result.err, ContainsSubstring("/etc/systemd/system/web.service"));
    CHECK(host.output_of("ls /etc/switchback/profiles").empty());
  }
}

TEST_CASE("a command that is mistyped is refused with what it may have meant", "[refuse]") {
  auto host = TestHost::boot();
  const auto closure = web(host, "web-1");
  refused(host, deploy(host, closure, {"--soke", "3"}), 2, "--soak");
  refused(host, deploy(host, closure, {"--soak", "ten"}), 2, "--soak");
  refused(host, deploy(host, closure, {"--profile", "../etc"}), 2, "profile");
  refused(host, host.pusher({"switchback", "deplyo"}), 2, "deploy");
  refused(host, host.pusher({"switchback", "confirm", "--host", "root@target", "abc"}), 2, "hexadecimal");
}

TEST_CASE("a host that cannot be reached, or has no activator, is told apart", "[refuse]") {
  auto host = TestHost::boot();
  const auto closure = web(host, "web-1");
  SECTION("no network") {
    host.cut_network();
    const auto result = deploy(host, closure, {"--ssh-opt=-oConnectTimeout=2"});
    INFO(result.out << result.err);
    CHECK(result.status == 5);
  }
  SECTION("no activator") {
    host.output_of("mv /usr/bin/switchback-activator /usr/bin/gone");
    const auto result = deploy(host, closure);
    CHECK(result.status == 1);
    CHECK_THAT(result.out + result.err, ContainsSubstring("switchback-activator"));
  }
  SECTION("no socket") {
    host.output_of("systemctl stop switchback-activator.socket switchback-activator.service");
    const auto result = deploy(host, closure);
    CHECK(result.status == 1);
    CHECK_THAT(result.out + result.err, ContainsSubstring("switchback-activator.socket"));
  }
}

TEST_CASE("whatever is written to the socket, the activator answers and goes on serving", "[refuse]") {
  auto host = TestHost::boot();
  const std::string end(1, '\0');
  CHECK_THAT(raw(host, "nonsense" + end), ContainsSubstring("InvalidRequest"));
  CHECK_THAT(raw(host, R"({"method":"org.switchback.Activator.Explode"})" + end),
             ContainsSubstring("MethodNotFound"));
  CHECK_THAT(raw(host, R"({"method":"org.switchback.Activator.Status","parameters":{"x":1}})" + end),
             ContainsSubstring("x: is not known here"));
  CHECK_THAT(
      raw(host,
          R"({"method":"org.switchback.Activator.Watch","parameters":{"id":"0123456789abcdef0123456789abcdef"}})" +
              end),
      ContainsSubstring("NoSuchActivation"));
  CHECK_THAT(raw(host, std::string(2 * 1024 * 1024, 'x')), ContainsSubstring("longer than 1048576 bytes"));
  const auto request =
      R"({"method":"org.switchback.Activator.Activate","parameters":{"api":1,"id":"0123456789abcdef0123456789abcdef",)"
      R"("changes":[{"profile":"/..","closure":"/nix/store/0123456789abcdfghijklmnpqrsvwxyz-x"}]}})" +
      end;
  CHECK_THAT(raw(host, request), ContainsSubstring("is not a profile name"));
  CHECK_THAT(raw(host, R"({"method":"org.varlink.service.GetInfo"})" + end),
             ContainsSubstring("org.switchback.Activator"));
  check_runs(host, "");
}
