// SPDX-License-Identifier: MIT
// Networks of other tools become manifests and deployments with the nix of this machine; files that are none
// are told what was expected and what was found. One of a flake's nixosConfigurations needs no `deploy`.
#include "cli/manifest/imported.hpp"
#include "tests/integration/manifest_asked.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <filesystem>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kNetworks = SWITCHBACK_SOURCE "/tests/nix/ways/networks/";

struct Ways : Asked {
  Variable nix{"SWITCHBACK_NIX", SWITCHBACK_SOURCE "/nix"};

  Imported imported(const std::vector<std::string>& files) {
    auto result = import_network(files, {}, interrupt);
    INFO((result ? "" : result.error().message));
    REQUIRE(result);
    return std::move(*result);
  }
  /// What is said about a file with this text.
  std::string complaint(const std::string& text) {
    const auto file = world.write_nix("network.nix", text);
    const auto result = import_network({file}, {}, interrupt);
    if (result) return "";
    CHECK(result.error().code == Errc::invalid_request);
    return result.error().message;
  }
};

/// A hive of one machine, which a host is to build.
const std::string kHive =
    "{ meta.nixpkgs = import " SWITCHBACK_SOURCE
    "/tests/nix/ways/nixpkgs { }; web.environment.etc.x = \"MARK\"; web.deployment.buildOnTarget = BOOL; }";

std::string hive(const std::string& mark, bool on_target) {
  auto text = kHive;
  text.replace(text.find("MARK"), 4, mark);
  text.replace(text.find("BOOL"), 4, on_target ? "true" : "false");
  return text;
}

}  // namespace

TEST_CASE("every option of a hive and of networks is carried over, or in the list of what is not", "[ways]") {
  const NixWorld world;
  const auto result =
      world.nix("eval --impure --json --expr 'import " SWITCHBACK_SOURCE
                "/tests/nix { suites = [ " SWITCHBACK_SOURCE "/tests/nix/ways/tests.nix ]; }'");
  const auto tests = nlohmann::json::parse(result);
  INFO(tests.at("failed").dump(2));
  CHECK(tests.at("failed").empty());
  CHECK(tests.at("count") > 20);
}

TEST_CASE("a network is imported whole, with what its systems are built from and what is left of it",
          "[ways]") {
  Ways ways;
  const auto file = GENERATE(as<std::string>{}, "hive.nix", "nixops.nix", "morph.nix");
  const auto imported = ways.imported({kNetworks + file});
  CHECK(imported.manifest.at("nodes").size() == 2);
  for (const auto& [name, node] : imported.manifest.at("nodes").items()) {
    const auto& system = node.at("profiles").at("system");
    CHECK(is_there(system.at("derivation")));
    CHECK_FALSE(is_there(system.at("path")));
  }
  CHECK(imported.left.size() > 3);
  CHECK(ways.world.runs_of("build") == 0);
}

TEST_CASE("a NixOps network of several files is imported as one", "[ways]") {
  Ways ways;
  const auto logical = ways.world.write_nix("logical.nix", "{ network.nixpkgs = import " SWITCHBACK_SOURCE
                                                           "/tests/nix/ways/nixpkgs { }; web = { }; }");
  const auto physical =
      ways.world.write_nix("physical.nix", "{ web.deployment.targetHost = \"web.example.org\"; }");
  const auto imported = ways.imported({logical, physical});
  CHECK(imported.kind == "NixOps network");
  CHECK(imported.manifest.at("/nodes/web/hostname"_json_pointer) == "web.example.org");
}

TEST_CASE("an imported manifest is built when it is deployed, here or on the host", "[ways]") {
  Ways ways;
  const bool on_target = GENERATE(false, true);
  const auto imported = ways.imported({ways.world.write_nix("hive.nix", hive("imported", on_target))});
  ways.world.dir().write("fleet.json", imported.manifest.dump());
  const CapturedStderr said;
  const auto deployments = ways.from({.file = ways.world.dir() / "fleet.json"}, {"web"});
  INFO(said.text());
  const auto deployment = only(deployments);
  CHECK(deployment.address.destination == "root@web");
  CHECK(deployment.remote_build == on_target);
  CHECK(is_there(closure_of(deployment)) == !on_target);
  CHECK(ways.world.host_has(closure_of(deployment)) == on_target);
}

TEST_CASE("a network is deployed from its file as it is, and what is left is told of what was selected",
          "[ways]") {
  Ways ways;
  const auto deployment = only(ways.from({.file = kNetworks + "hive.nix"}, {"web"}));
  CHECK(deployment.address.destination == "deploy@web.example.org");
  CHECK(deployment.address.sudo == "doas -u");
  CHECK(deployment.address.ssh_options == Words{"-p", "2222", "-o", "ServerAliveInterval=5"});
  CHECK(is_there(closure_of(deployment)));
  const auto told = [&](const std::string& what) {
    return std::count_if(ways.notes.begin(), ways.notes.end(), [&](const std::string& note) {
      return note.starts_with("not carried over: " + what + ": ");
    });
  };
  CHECK(told("web: deployment.keys.cert") == 1);
  CHECK(told("meta.allowApplyAll") == 1);
  CHECK(told("db: deployment.keys.password") == 0);
}

TEST_CASE("morph's health checks are the gate's", "[ways]") {
  Ways ways;
  const auto deployment = only(ways.from({.file = kNetworks + "morph.nix"}, {"\"web.example.org\""}));
  const auto& checks = deployment.request.gate.checks;
  REQUIRE(checks.size() == 3);
  CHECK(checks.at("front page").side == CheckSide::pusher);
  CHECK(checks.at("has a table").side == CheckSide::host);
  CHECK_FALSE(deployment.fast_connection);
}

TEST_CASE("a file that is no network is told what was expected, and what was found where", "[ways]") {
  Ways ways;
  const auto check = [&](const std::string& text, const std::string& found) {
    INFO(text);
    const auto said = ways.complaint(text);
    CHECK_THAT(said, ContainsSubstring("network.nix: "));
    CHECK_THAT(said, ContainsSubstring(found));
  };
  const std::string expected =
      "expected a colmena hive (with `meta`), or a NixOps or morph network (with `network`), and found ";
  check("[ ]", expected + "a list");
  check("3", expected + "a number");
  check("{ }", expected + "an empty set");
  check("{ a = 1; b = 2; }", expected + "that a is a number: a machine is a NixOS module");
  check("{ a = { }; b = { }; }", expected + "a set of a, b");
  check("@derivation@ \"x\" \"echo\"", expected + "a derivation");
  check("{ config, pkgs, ... }: { }",
        expected + "a function that needs config, pkgs, as a NixOS module does");
  check("{ domain }: { network = { }; }", "give them in a file of yours");
  check("{ inputs = { }; outputs = { self }: { }; }", expected + "a flake");
  check("{ deploy.nodes = { }; }", expected + "a manifest: switchback deploy --file takes it as it is");
  check("{ meta = { }; __schema = \"v0.5\"; web = { }; }", "colmena has evaluated already");
  check("{ meta = { }; }", "there is no machine in it");
  check("{ meta = { }; network = { }; web = { }; }", "has both `meta` and `network`");
  const auto missing = import_network({ways.world.dir() / "none.nix"}, {}, ways.interrupt);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::invalid_request);
  CHECK_THAT(missing.error().message, ContainsSubstring("cannot open "));
}

TEST_CASE("what is wrong within a machine is told by nix, with its place", "[ways]") {
  Ways ways;
  const CapturedStderr said;
  CHECK_THAT(ways.complaint("{ meta.nixpkgs = import " SWITCHBACK_SOURCE
                            "/tests/nix/ways/nixpkgs { }; web.deployment.targtHost = \"x\"; }"),
             ContainsSubstring("what it says is above"));
  CHECK_THAT(said.text(), ContainsSubstring("deployment.targtHost"));
  check_failed(ways.from({.file = ways.world.write_nix("module.nix", "{ pkgs, ... }: { }")}, {}),
               Errc::invalid_request, "a function that needs pkgs");
}

TEST_CASE("one of a flake's nixosConfigurations is deployed without a deploy, to where it is said",
          "[ways]") {
  Ways ways;
  const auto directory = ways.write_flake(R"({
    outputs = { self }: {
      nixosConfigurations.web.config.system.build.toplevel = @derivation@ "nixos-system-web" "echo web > $out";
      nixosConfigurations.db = throw "nobody asked for this one";
    };
  })");
  const auto deployment =
      only(ways.flake(directory, "nixosConfigurations.web", {.hostname = "web1", .ssh_user = "admin"}));
  CHECK(deployment.address.node == "web");
  CHECK(deployment.address.destination == "admin@web1");
  REQUIRE(deployment.request.changes.size() == 1);
  CHECK(deployment.request.changes[0].profile.text() == "system");
  CHECK(deployment.request.changes[0].user == "root");
  CHECK(is_there(closure_of(deployment)));
  check_failed(ways.flake(directory, "nixosConfigurations.wbe"), Errc::invalid_request,
               "#nixosConfigurations: there is no node wbe; did you mean web?");
  const CapturedStderr said;
  check_failed(
      ways.flake(ways.write_flake("{ outputs = { self }: { }; }", "bare"), "nixosConfigurations.web"),
      Errc::invalid_request, "bare#nixosConfigurations; what it says is above");
}
