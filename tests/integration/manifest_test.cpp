// SPDX-License-Identifier: MIT
// Flakes, Nix files and JSON files in the shape of deploy-rs's examples become deployments, or are told what
// is wrong with them, with the nix of this machine.
#include "tests/integration/manifest_asked.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("deploy-rs's example of a system and a user's profile is one activation", "[manifest]") {
  Asked asked;
  const auto deployments = asked.flake(asked.write_flake(kSystemExample), "");
  const auto deployment = only(deployments);
  CHECK(deployment.address.node == "example");
  CHECK(deployment.address.destination == "admin@localhost");
  CHECK(deployment.address.ssh_options == Words{"-p", "2221"});
  CHECK(deployment.fast_connection);
  CHECK_FALSE(deployment.remote_build);
  CHECK(deployment.request.note == "a test");
  REQUIRE(deployment.request.changes.size() == 2);
  CHECK(deployment.request.changes[0].profile.text() == "system");
  CHECK(deployment.request.changes[0].user == "root");
  CHECK(deployment.request.changes[1].user == "hello");
  for (std::size_t i = 0; i < 2; ++i) CHECK(is_there(closure_of(deployment, i)));
  CHECK(asked.world.runs_of("eval") == 1);
  CHECK(asked.world.runs_of("build") == 1);
  CHECK(asked.steps == std::vector<std::string>{"evaluate", "build"});
  REQUIRE(asked.notes.size() == 2);
  CHECK_THAT(asked.notes[0], ContainsSubstring("interactiveSudo is not used"));
  CHECK_THAT(asked.notes[1], ContainsSubstring("sshUser and sshOpts of profile hello are not used"));
}

TEST_CASE("what is not selected may be broken", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(kFleet);
  CHECK(only(asked.flake(directory, "web")).address.destination == "web1");
  CHECK(is_there(closure_of(only(asked.flake(directory, "odd.good")))));
  const CapturedStderr said;
  check_failed(asked.flake(directory, "broken"), Errc::invalid_request, "nix could not evaluate path:");
  CHECK_THAT(said.text(), ContainsSubstring("this node is broken"));
  check_failed(asked.flake(directory, "odd.throwing"), Errc::invalid_request, "nix could not evaluate");
  CHECK_THAT(said.text(), ContainsSubstring("this path is broken"));
}

TEST_CASE("targets of several flakes are evaluated once each, and come in their order", "[manifest]") {
  Asked asked;
  const auto fleet = "path:" + asked.write_flake(kFleet, "fleet") + "#";
  const auto simple = "path:" + asked.write_flake(kSimpleExample, "simple");
  const auto deployments =
      asked.from({}, {fleet + "web", simple, fleet + "\"db.example.org\".system", fleet + "web.system"});
  REQUIRE(deployments);
  REQUIRE(deployments->size() == 3);
  CHECK((*deployments)[0].address.node == "web");
  CHECK((*deployments)[1].address.node == "db.example.org");
  CHECK((*deployments)[2].address.node == "example");
  CHECK(asked.world.runs_of("eval") == 2);
}

TEST_CASE("a flake that does not evaluate, or has no deploy, is told by nix in its own words", "[manifest]") {
  Asked asked;
  const CapturedStderr said;
  check_failed(asked.flake(asked.write_flake("{ outputs = { self }: { deploy = 1 +; }; }"), ""),
               Errc::invalid_request, "#deploy; what it says is above");
  CHECK_THAT(said.text(), ContainsSubstring("syntax error"));
  check_failed(asked.flake(asked.write_flake("{ outputs = { self }: { }; }", "bare"), ""),
               Errc::invalid_request, "bare#deploy");
  CHECK_THAT(said.text(), ContainsSubstring("does not provide attribute"));
}

TEST_CASE("a node or profile that does not exist is answered with the nearest", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(kFleet);
  check_failed(asked.flake(directory, "wbe"), Errc::invalid_request,
               "there is no node wbe; did you mean web?");
  check_failed(asked.flake(directory, "web.systm"), Errc::invalid_request,
               "node web has no profile systm; did you mean system?");
  CHECK(asked.world.runs_of("build") == 0);
}

TEST_CASE("a manifest that is wrong is told with the path in it", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(kFleet);
  check_failed(asked.flake(directory, "odd.pathless"), Errc::invalid_request,
               "#deploy: nodes.odd.profiles.pathless.path: is missing");
  check_failed(asked.flake(directory, "misspelt"), Errc::invalid_request,
               "#deploy: nodes.misspelt.profiles.system.magicRolback: is not known here; did you mean "
               "magicRollback?");
  check_failed(asked.flake(directory, "empty"), Errc::invalid_request, "nothing to deploy");
  const auto shapes = asked.write_flake("{ outputs = { self }: { deploy.nodes = [ ]; }; }", "shapes");
  check_failed(asked.flake(shapes, ""), Errc::invalid_request, "#deploy: nodes: expected an object");
  check_failed(asked.flake(shapes, "web"), Errc::invalid_request, "there is no node web");
  const auto none = asked.write_flake(
      "{ outputs = { self }: { deploy.nodes.web = { hostname = \"x\"; profiles.a = 3; }; }; }", "none");
  check_failed(asked.flake(none, ""), Errc::invalid_request, "nodes.web.profiles.a: expected an object");
}

TEST_CASE("what stands after -- is for nix", "[manifest]") {
  Asked asked;
  const auto directory = asked.write_flake(R"({
    outputs = { self }: {
      deploy.nodes.web = {
        hostname = builtins.getEnv "HOST_OF_TEST";
        profiles.system = { user = "root"; path = @derivation@ "x" "echo x > $out"; };
      };
    };
  })");
  const Variable host("HOST_OF_TEST", "web7");
  const auto target = "path:" + directory + "#web";
  CHECK_FALSE(asked.from({}, {target}));
  CHECK(only(asked.from({.nix_arguments = {"--impure"}}, {target})).address.destination == "web7");
}

TEST_CASE("a Nix file is a manifest, as a set or a function, and its targets are attributes", "[manifest]") {
  Asked asked;
  const std::string set = R"({ deploy.nodes.web = {
    hostname = "web1";
    profiles.system = { user = "root"; path = @derivation@ "x" "echo x > $out"; };
  }; })";
  const auto file = asked.world.write_nix("my fleet/deploy.nix", set);
  CHECK(is_there(closure_of(only(asked.from({.file = file}, {"web.system"})))));
  asked.world.write_nix("directory/default.nix", "arguments: " + set);
  CHECK(only(asked.from({.file = asked.world.dir() / "directory"}, {})).address.node == "web");
  CHECK(only(asked.from({.file = asked.world.dir() / "directory"}, {"."})).address.node == "web");
  check_failed(asked.from({.file = file}, {"wbe"}), Errc::invalid_request,
               "deploy.nix: there is no node wbe");
  check_failed(asked.from({.file = asked.world.dir() / "none.nix"}, {}), Errc::invalid_request,
               "cannot open");
}

TEST_CASE("a JSON file is the manifest itself, and nix does not evaluate", "[manifest]") {
  Asked asked;
  const auto closure = closure_of(only(asked.flake(asked.write_flake(kSimpleExample), "")));
  const auto write = [&](const std::string& path, const std::string& more) {
    asked.world.dir().write(
        "fleet.json", R"({"nodes": {"web": {"hostname": "web1", "profiles": {"system": {"path": ")" + path +
                          R"(", "user": "root"}}})" + more + "}}");
    return ManifestSource{.file = asked.world.dir() / "fleet.json"};
  };
  const auto deployment = only(asked.from(write(closure, R"(, "other": 7)"), {"web"}));
  CHECK(closure_of(deployment) == closure);
  CHECK(asked.world.runs_of("eval") == 1);
  const CapturedStderr said;
  check_failed(asked.from(write("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-none", ""), {}), Errc::refused,
               "profile system of node web (/nix/store/0123456789abcdfghijklmnpqrsvwxyz-none)");
  check_failed(asked.from(write(closure, ","), {}), Errc::invalid_request, "is not JSON");
  check_failed(asked.from({.file = asked.world.dir() / "none.json"}, {}), Errc::invalid_request,
               "cannot open");
}

TEST_CASE("how nodes are reached is known without evaluating what they run", "[manifest]") {
  Asked asked;
  const auto targets = parse_targets({"path:" + asked.write_flake(kFleet) + "#odd"}, false);
  const auto addresses = addresses_of(*targets, {}, {.ssh_user = "admin"}, asked.run());
  INFO((addresses ? "" : addresses.error().message));
  REQUIRE(addresses);
  REQUIRE(addresses->size() == 1);
  CHECK(addresses->front().destination == "admin@odd1");
  CHECK(addresses->front().profiles.size() == 6);
  CHECK(asked.world.runs_of("build") == 0);
}
