// SPDX-License-Identifier: MIT
// What is deployed is built, here or on its host, kept, signed and checked, with the nix of this machine and
// stores of the test's own.
#include "activator/protocol/check_store_paths.hpp"
#include "tests/integration/manifest_asked.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>
#include <thread>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("deploy-rs's simple example evaluates and builds, and is not built again", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(kSimpleExample);
  const auto deployment = only(asked.flake(directory, "example"));
  CHECK(deployment.address.destination == "localhost");
  CHECK(deployment.request.changes[0].user == "balsoft");
  CHECK(is_there(closure_of(deployment)));
  CHECK(only(asked.flake(directory, "example.hello")).address.profiles.size() == 1);
  CHECK(asked.world.runs_of("build") == 1);
}

TEST_CASE("a path may be a derivation, a string, or what is in the store already", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(kFleet);
  const auto deployment = only(asked.flake(directory, "\"db.example.org\""));
  REQUIRE(deployment.request.changes.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(is_there(closure_of(deployment, i)));
  const CapturedStderr said;
  check_failed(asked.flake(directory, "odd.unknown"), Errc::refused,
               "not built:\n  profile unknown of node odd");
}

TEST_CASE("a closure that cannot be built is named, and the build log is nix's", "[manifest]") {
  Asked asked;
  const auto directory = "path:" + asked.write_flake(kFleet);
  const CapturedStderr said;
  const auto deployments = asked.from({}, {directory + "#odd.unbuildable", directory + "#web"},
                                      {.keep_result = true, .result_path = asked.world.dir() / "keep"});
  check_failed(deployments, Errc::refused, "profile unbuildable of node odd");
  CHECK_THAT(said.text(), ContainsSubstring("no way to build this"));
  CHECK_FALSE(asked.world.dir().has("keep"));
}

TEST_CASE("results are kept and signed when that is asked for", "[manifest]") {
  Asked asked;
  asked.world.dir().write("key", asked.world.nix("key generate-secret --key-name test-1"));
  const Variable key("LOCAL_KEY", asked.world.dir() / "key");
  const auto deployments = asked.flake(asked.write_flake(kFleet), "web",
                                       {.keep_result = true, .result_path = asked.world.dir() / "keep"});
  const auto closure = closure_of(only(deployments));
  CHECK(std::filesystem::read_symlink(asked.world.dir() / "keep/web/system") == closure);
  CHECK_THAT(asked.world.nix("path-info --sigs " + closure), ContainsSubstring("test-1:"));
}

TEST_CASE("a flake's checks are run when that is asked for", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(R"({
    outputs = { self }: let mk = @derivation@; in {
      deploy.nodes.web = { hostname = "web1"; profiles.a = { user = "root"; path = mk "x" "echo x > $out"; }; };
      checks.@system@.one = mk "check" "echo this check fails >&2; exit 1";
    };
  })");
  const CapturedStderr said;
  CHECK(asked.flake(directory, "", {.checks = false}));
  check_failed(asked.flake(directory, "", {.checks = true}), Errc::refused, "fail; what nix says is above");
  CHECK_THAT(said.text(), ContainsSubstring("this check fails"));
  CHECK(asked.steps == std::vector<std::string>{"evaluate", "build", "evaluate", "check"});
}

TEST_CASE("remoteBuild builds on the host, and what has to be built here is copied", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(R"({
    outputs = { self }: let mk = @derivation@; in {
      deploy.nodes.web = {
        hostname = "web1";
        sshUser = "root";
        profiles.system = { remoteBuild = true; path = mk "there" "echo there > $out"; };
        profiles.app.path = mk "here" "echo here > $out";
        profiles.bad = { remoteBuild = true; path = mk "bad" "exit 3"; };
      };
    };
  })");
  const CapturedStderr said;
  const auto target = "path:" + directory + "#web.";
  const auto deployments = asked.from({}, {target + "app", target + "system"});
  INFO(said.text());
  const auto deployment = only(deployments);
  CHECK(deployment.remote_build);
  CHECK(asked.world.host_has(closure_of(deployment, 0)));
  CHECK(asked.world.host_has(closure_of(deployment, 1)));
  CHECK(is_there(closure_of(deployment, 0)));
  CHECK_FALSE(is_there(closure_of(deployment, 1)));
  check_failed(asked.from({}, {target + "bad"}), Errc::refused, "profile bad of node web");
}

TEST_CASE("what checks run out of the store is built, at whatever level they stand", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(R"({
    outputs = { self }: let
      mk = @derivation@;
      running = name: { type = "exec"; command = [ "${mk name "echo ${name} > $out"}" "--loud" ]; };
    in {
      deploy = {
        gate.checks.far = running "far";
        nodes.web = {
          hostname = "web1";
          user = "root";
          gate.checks.near = running "near" // { side = "pusher"; };
          profiles.system = { path = mk "system" "echo x > $out"; gate.checks.nearest = running "nearest"; };
          profiles.bad = { path = mk "bad" "exit 3"; gate.checks.bad = throw "not asked for"; };
        };
      };
    };
  })");
  const auto deployment = only(asked.flake(directory, "web.system"));
  const auto& checks = deployment.request.gate.checks;
  REQUIRE(checks.size() == 3);
  for (const auto& [name, check] : checks) {
    INFO(name);
    const auto paths = store_paths_of(check);
    REQUIRE(paths.size() == 1);
    CHECK(is_there(paths[0].text()));
  }
  CHECK(store_paths_on_host(checks).size() == 2);
}

TEST_CASE("Ctrl-C ends a build", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(kFleet);
  const CapturedStderr said;
  std::thread user([&] {
    while (asked.world.runs_of("build") == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    asked.interrupt.press();
  });
  const auto deployments = asked.flake(directory, "odd.endless");
  user.join();
  check_failed(deployments, Errc::refused, "interrupted");
}

TEST_CASE("without nix it is said what is missing", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(kFleet);
  const Variable path("PATH", asked.world.dir() / "home");
  check_failed(asked.flake(directory, "web"), Errc::refused, "it must be in PATH");
}
