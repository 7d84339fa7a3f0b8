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
