// SPDX-License-Identifier: MIT
// The command lines of nix, and what is read from what it prints. That nix takes them is for
// tests/integration/manifest_test.cpp to see.
#include "cli/manifest/evaluate.hpp"
#include "cli/manifest/nix_commands.hpp"
#include "cli/manifest/nix_expression.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using Catch::Matchers::ContainsSubstring;

namespace {

Words with_features(Words verb) {
  verb.insert(verb.begin(), {"nix", "--extra-experimental-features", "nix-command flakes"});
  return verb;
}

const std::string kDrv = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web.drv";

}  // namespace

TEST_CASE("nix evaluates once, and takes what the user adds", "[nix]") {
  CHECK(nix_eval_flake("github:o/r", "f", {"--impure", "--override-input", "a", "b"}) ==
        with_features({"eval", "--json", "github:o/r#deploy", "--apply", "f", "--impure", "--override-input",
                       "a", "b"}));
  CHECK(nix_eval_file("e", {"--show-trace"}) ==
        with_features({"eval", "--json", "--impure", "--expr", "e", "--show-trace"}));
}

TEST_CASE("nix checks, builds, keeps and signs", "[nix]") {
  CHECK(nix_flake_check(".", {"-L"}) == with_features({"flake", "check", ".", "-L"}));
  CHECK(nix_build({"a^out", "/nix/store/b"}, {"-L"}) ==
        with_features({"build", "--no-link", "a^out", "/nix/store/b", "-L"}));
  CHECK(nix_keep("/nix/store/a", "keep/web/system") ==
        with_features({"build", "--out-link", "keep/web/system", "/nix/store/a"}));
  CHECK(nix_sign({"/nix/store/a", "/nix/store/b"}, "key") ==
        with_features({"store", "sign", "--recursive", "--key-file", "key", "/nix/store/a", "/nix/store/b"}));
  CHECK(nix_print_missing({"/nix/store/a"}) ==
        Words{"nix-store", "--check-validity", "--print-invalid", "/nix/store/a"});
}

TEST_CASE("a build on the host copies the derivation, and builds in the host's store", "[nix]") {
  CHECK(nix_copy_derivation("a.drv^out", "root@web1") ==
        with_features({"copy", "--substitute-on-destination", "--to", "ssh-ng://root@web1", "--derivation",
                       "a.drv^out"}));
  CHECK(nix_build_on_host("a.drv^out", "root@web1", {"-L"}) ==
        with_features({"build", "--no-link", "a.drv^out", "--eval-store", "auto", "--store",
                       "ssh-ng://root@web1", "-L"}));
}

TEST_CASE("a derivation is named as its nix understands it", "[nix]") {
  const Derivation web{kDrv, "dev"};
  for (const auto* old : {"2.8.0", "2.14.1", "2.3"}) CHECK(installable(web, old) == kDrv);
  for (const auto* newer :
       {"2.15.0", "2.18.1pre20231231_abc", "2.26.3", "2.90.0", "2.100.0", "3.0.1", "", "?"}) {
    INFO(newer);
    CHECK(installable(web, newer) == kDrv + "^dev");
  }
}

TEST_CASE("names become Nix strings that say nothing else", "[nix]") {
  CHECK(nix_string("web") == "\"web\"");
  CHECK(nix_string("a\"b\\c${d}") == R"("a\"b\\c\${d}")");
}

TEST_CASE("the function names what is wanted", "[nix]") {
  const auto function =
      selecting_function({.nodes = {{"web.example.org", {"system", "app"}}, {"db", {}}}}, Want::closures);
  CHECK_THAT(function,
             ContainsSubstring(R"(wanted = { "web.example.org" = [ "system" "app" ]; "db" = null; };)") &&
                 ContainsSubstring("closures = true;"));
  CHECK_THAT(selecting_function({.all = true}, Want::addresses),
             ContainsSubstring("wanted = null;") && ContainsSubstring("closures = false;"));
  CHECK_THAT(file_expression("/etc/my fleet.nix", "f"),
             ContainsSubstring(R"(import (/. + "/etc/my fleet.nix"))"));
}

TEST_CASE("what nix prints is read", "[nix]") {
  const auto evaluated = parse_evaluated(R"({"nix": "2.8.0", "nodes": ["db", "web"],
    "profiles": {"web": ["system"]}, "deploy": {"nodes": {}},
    "contexts": {"web": {"system": {"/nix/store/a.drv": {"outputs": ["out"]}, "/nix/store/src": {"path": true}}}}})");
  REQUIRE(evaluated);
  CHECK(evaluated->nix_version == "2.8.0");
  CHECK(evaluated->nodes == std::vector<std::string>{"db", "web"});
  CHECK(evaluated->profiles.at("web") == std::vector<std::string>{"system"});
  CHECK(evaluated->derivations.at("web").at("system") ==
        std::vector<Derivation>{{"/nix/store/a.drv", "out"}});
  CHECK(evaluated->left.empty());
  CHECK_FALSE(parse_evaluated("oops"));
  CHECK_FALSE(parse_evaluated("[]"));
}

TEST_CASE("what is left of a network is that of all of it, and of what was selected", "[nix]") {
  const auto evaluated = parse_evaluated(R"({"nix": "2.8.0", "kind": "colmena hive",
    "deploy": {"nodes": {"web": {}}}, "left": {"network": [{"what": "a", "instead": "b"}],
    "nodes": {"db": [{"what": "c", "instead": "d"}], "web": [{"what": "e", "instead": "f"}]}}})");
  REQUIRE(evaluated);
  CHECK(evaluated->kind == "colmena hive");
  CHECK(evaluated->left == std::vector<LeftOut>{{"a", "b"}, {"e", "f"}});
  const auto none = parse_evaluated(R"({"problem": "x.nix: expected a hive"})");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::invalid_request);
  CHECK(none.error().message == "x.nix: expected a hive");
}

TEST_CASE("a file is read by the code for networks where that is known to be", "[nix]") {
  const auto with = file_expression("/hive.nix", "f", "/share/ways");
  CHECK_THAT(with, ContainsSubstring(R"(import (/. + "/share/ways") { files = [ (/. + "/hive.nix") ]; })"));
  CHECK_THAT(network_expression({"/a.nix", "/b.nix"}, "f", "/share/ways"),
             ContainsSubstring(R"(files = [ (/. + "/a.nix") (/. + "/b.nix") ];)"));
  CHECK_THAT(of_systems("f"), ContainsSubstring("host.config.system.build.toplevel"));
  CHECK(nix_eval_flake(".", "f", {}, "nixosConfigurations") ==
        with_features({"eval", "--json", ".#nixosConfigurations", "--apply", "f"}));
}

TEST_CASE("a manifest is called what the user called it", "[nix]") {
  CHECK(manifest_name({}, "github:o/r") == "github:o/r#deploy");
  CHECK(manifest_name({.file = "fleet.json"}, ".") == "fleet.json");
  CHECK(manifest_name({.systems = true}, ".") == ".#nixosConfigurations");
}
