// SPDX-License-Identifier: MIT
// Hosts named by a flake or a manifest in JSON, as users have them in their repository.
#include "tests/host/deploy.hpp"
#include "tests/host/repository.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a node of a flake is evaluated, built, copied and committed", "[manifest]") {
  auto host = TestHost::boot();
  write_flake(host, "web-1", "", R"(deploy.nodes.broken = throw "nobody asked for this one";)");
  const auto result = in_repository(host, "switchback deploy .#web");
  INFO(result.out << result.err);
  REQUIRE(result.status == 0);
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
  check_runs(host, "/nix/store/" + host.output_of("readlink /etc/switchback/profiles/app/current"));
  const auto status = in_repository(host, "switchback status .#web");
  INFO(status.out << status.err);
  CHECK(status.status == 0);
  CHECK_THAT(status.out, ContainsSubstring("web-1"));
  const auto slip = in_repository(host, "switchback deploy .#wbe");
  CHECK(slip.status == 2);
  CHECK_THAT(slip.err, ContainsSubstring("web"));
}

TEST_CASE("a manifest in JSON names prebuilt paths, and its options hold", "[manifest]") {
  auto host = TestHost::boot();
  const auto closure = web(host, "web-1");
  write(
      host, "fleet.json",
      R"({"nodes":{"web":{"hostname":"target","sshUser":"root","gate":{"soak":1},"profiles":{"app":{"user":"root","path":")" +
          closure + R"("}}}}})");
  const auto result = in_repository(host, "switchback deploy --file fleet.json web.app");
  INFO(result.out << result.err);
  REQUIRE(result.status == 0);
  check_runs(host, closure);
  write(host, "slip.json", R"({"nodes":{"web":{"hostname":"target","magicRolback":false,"profiles":{}}}})");
  const auto slip = in_repository(host, "switchback deploy --file slip.json web");
  CHECK(slip.status == 2);
  CHECK_THAT(slip.err, ContainsSubstring("did you mean magicRollback?"));
}

TEST_CASE("what only the host can know to be wrong is told before anything changes", "[manifest]") {
  auto host = TestHost::boot();
  write_flake(host, "web-1");
  SECTION("a user who is not there") {
    expect(in_repository(host, "switchback deploy --profile-user nobody-here .#web"), 1,
           "there is no user nobody-here on this host");
    CHECK_FALSE(host.exists("/nix/var/nix/profiles/per-user/nobody-here"));
  }
  SECTION("a nix that is not in the PATH of who logs in") {
    host.output_of("mv /usr/bin/nix-store /usr/bin/gone");
    expect(in_repository(host, "switchback deploy .#web"), 1,
           "ln -s /nix/var/nix/profiles/default/bin/nix-store /usr/local/bin/");
    host.output_of("mv /usr/bin/gone /usr/bin/nix-store");
  }
  SECTION("a closure that nobody can build") {
    write_flake(host, "web-1",
                "profiles.bad = { user = \"root\"; path = derivation { name = \"bad\"; "
                "system = \"x86_64-linux\"; builder = \"/bin/sh\"; args = [ \"-c\" \"echo no "
                "compiler >&2; exit 3\" ]; }; };");
    const auto result = in_repository(host, "switchback deploy .#web");
    expect(result, 1, "profile bad of node web");
    expect(result, 1, "no compiler");
  }
  check_runs(host, "");
}
