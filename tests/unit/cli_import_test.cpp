// SPDX-License-Identifier: MIT
// What `import` takes, writes and says, and what --host means for one of a flake's nixosConfigurations.
#include "cli/manifest/imported.hpp"
#include "cli/options.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

const std::string kDrv = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web.drv";

std::string complaint(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  if (options) return "";
  CHECK(options.error().code == Errc::invalid_request);
  return options.error().message;
}

Evaluated evaluated() {
  Evaluated out{.deploy = {{"user", "root"},
                           {"nodes",
                            {{"web",
                              {{"hostname", "web1"},
                               {"profiles", {{"system", {{"path", kDrv.substr(0, kDrv.size() - 4)}}}}}}}}}}};
  out.derivations["web"]["system"] = {{kDrv, "out"}};
  out.kind = "colmena hive";
  return out;
}

CommonOptions common_of(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  INFO((options ? "" : options.error().message));
  REQUIRE(options);
  return std::get<DeployOptions>(*options).common;
}

}  // namespace

TEST_CASE("import takes files, a place for the manifest, and words for nix", "[cli]") {
  const auto options = parse_options({"import", "a.nix", "b.nix", "-o", "fleet.json", "--", "--show-trace"});
  REQUIRE(options);
  const auto& import = std::get<ImportOptions>(*options);
  CHECK(import.files == std::vector<std::string>{"a.nix", "b.nix"});
  CHECK(import.output == "fleet.json");
  CHECK(import.nix_arguments == std::vector<std::string>{"--show-trace"});
  CHECK_FALSE(std::get<ImportOptions>(*parse_options({"import", "a.nix"})).output);
  CHECK_THAT(complaint({"import"}), ContainsSubstring("which FILE?"));
  CHECK_THAT(complaint({"import", "a.nix", "--output", "fleet.nix"}),
             ContainsSubstring("a name that ends in .json") && ContainsSubstring("«fleet.nix»"));
  CHECK_THAT(complaint({"import", "a.nix", "--soak", "1"}),
             ContainsSubstring("no option of switchback import"));
}

TEST_CASE("an imported manifest says what its closures are built from, and can be read again", "[cli]") {
  const auto imported = imported_from(evaluated(), "hive.nix");
  REQUIRE(imported);
  CHECK(imported->manifest.at("/nodes/web/profiles/system/derivation"_json_pointer) == kDrv);
}

TEST_CASE("what no manifest can say is told with the network's name", "[cli]") {
  auto wrong = evaluated();
  wrong.deploy["nodes"]["a/b"] = wrong.deploy["nodes"]["web"];
  const auto imported = imported_from(std::move(wrong), "hive.nix");
  REQUIRE_FALSE(imported);
  CHECK(imported.error().code == Errc::invalid_request);
  CHECK_THAT(imported.error().message, ContainsSubstring("hive.nix: nodes: «a/b» cannot be a node's name"));
}

TEST_CASE("what was not carried over is listed by its name, with what takes its place", "[cli]") {
  auto network = evaluated();
  CHECK(summary_of(*imported_from(network, "hive.nix"), "hive.nix") ==
        "switchback: hive.nix is a colmena hive; nodes: web\n"
        "switchback: everything in it was carried over\n");
  network.left = {{"web: deployment.keys.cert", "not sent: use sops-nix"}};
  CHECK(summary_of(*imported_from(network, "hive.nix"), "hive.nix") ==
        "switchback: hive.nix is a colmena hive; nodes: web\n"
        "switchback: not carried over, and what to do instead:\n"
        "  web: deployment.keys.cert\n"
        "    not sent: use sops-nix\n");
}

TEST_CASE("where one of the nixosConfigurations runs is said by --host", "[cli]") {
  const std::string target = ".#nixosConfigurations.web";
  const auto common = common_of({"deploy", target, "--host", "admin@web1"});
  CHECK(common.targets == std::vector<std::string>{target});
  CHECK(common.destination.empty());
  CHECK(common.overrides.hostname == "web1");
  CHECK(common.overrides.ssh_user == "admin");
  CHECK(common_of({"deploy", target, "--host", "web1", "--ssh-user", "bob"}).overrides.ssh_user == "bob");
  CHECK(common_of({"deploy", target, "--hostname", "web1"}).overrides.hostname == "web1");
  CHECK_THAT(complaint({"deploy", target}), ContainsSubstring("where does it run? Give --host"));
  CHECK_THAT(complaint({"deploy", target, ".#db", "--host", "web1"}), ContainsSubstring("by itself"));
  CHECK_THAT(complaint({"deploy", target, "--host", "-oProxyCommand=x"}), ContainsSubstring("--host"));
  CHECK_THAT(complaint({"deploy", target, "--host", "a@web1", "--ssh-user", "b"}),
             ContainsSubstring("names a user already"));
  CHECK_THAT(complaint({"deploy", target, "--host", "a", "--hostname", "b"}),
             ContainsSubstring("give one of them"));
  CHECK_THAT(complaint({"deploy", target, "--local"}), ContainsSubstring("give a TARGET or --local"));
}
