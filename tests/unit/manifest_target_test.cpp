// SPDX-License-Identifier: MIT
// How a TARGET is spelt, and what is said about one that is not.
#include "cli/manifest/target.hpp"
#include "tests/support/catch.hpp"

using namespace switchback;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Row {
  std::string text;
  Target target;
};

const std::vector<Row> kTargets{
    {"", {"."}},
    {".", {"."}},
    {"#", {"."}},
    {".#", {"."}},
    {"#web", {".", "web"}},
    {".#web", {".", "web"}},
    {".#web.system", {".", "web", "system"}},
    {"../deploy/examples/system", {"../deploy/examples/system"}},
    {"github:o/r?dir=fleet#web.system", {"github:o/r?dir=fleet", "web", "system"}},
    {".#\"web.example.org\".system", {".", "web.example.org", "system"}},
    {".#web.\"a.b\"", {".", "web", "a.b"}},
    {".#\"web.example.org\"", {".", "web.example.org"}},
    {".#\"say \\\"hi\\\"\"", {".", "say \"hi\""}},
    {".#10-web_2.app-1", {".", "10-web_2", "app-1"}},
    {".#nixosConfigurations.web", {".", "web", {}, true}},
    {"fleet#nixosConfigurations.\"web.example.org\"", {"fleet", "web.example.org", {}, true}},
    {".#nixosConfigurations.web.config.system.build.toplevel", {".", "web", {}, true}},
};

}  // namespace

TEST_CASE("a target names a flake, a node and a profile", "[target]") {
  for (const auto& row : kTargets) {
    INFO(row.text);
    const auto target = parse_target(row.text);
    REQUIRE(target);
    CHECK(*target == row.target);
  }
}

TEST_CASE("a target that is none is told what was expected", "[target]") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {".#web.example.org", "a name with dots is quoted, as in \"web.example.org\""},
      {".#web.", "found an empty name"},
      {".#.system", "found an empty name"},
      {".#web..system", "found an empty name"},
      {".#\"\"", "found an empty name"},
      {".#\"web", "a quote is not closed"},
      {".#\"web\"x", "expected a dot or the end behind web"},
      {".#web\"x\"", "expected a dot or the end behind web"},
      {"--option", "not an option"},
      {".#nixosConfigurations", "expected nixosConfigurations.NAME"},
      {".#nixosConfigurations.web.config", "expected nixosConfigurations.NAME"},
  };
  for (const auto& [text, said] : rows) {
    INFO(text);
    const auto target = parse_target(text);
    REQUIRE_FALSE(target);
    CHECK(target.error().code == Errc::invalid_request);
    CHECK_THAT(target.error().message, ContainsSubstring(said) && ContainsSubstring("target «"));
  }
}

TEST_CASE("with a file, a target is an attribute", "[target]") {
  CHECK(*parse_attribute("web.system") == Target{".", "web", "system"});
  CHECK(*parse_attribute("\"web.example.org\"") == Target{".", "web.example.org"});
  CHECK(*parse_attribute(".") == Target{});
  CHECK(*parse_attribute("") == Target{});
  const auto flake = parse_attribute(".#web");
  REQUIRE_FALSE(flake);
  CHECK_THAT(flake.error().message, ContainsSubstring("there is no flake to name"));
}

TEST_CASE("a name is written so that it can be read again", "[target]") {
  for (const std::string name : {"web", "web.example.org", "a b", "\"", "\\", "10-x", ""}) {
    const auto text = attribute_text(name);
    INFO(text);
    if (name.empty()) continue;
    CHECK(parse_attribute(text + ".system")->node == name);
  }
  CHECK(attribute_text("web-1_a") == "web-1_a");
  CHECK(attribute_text("") == "\"\"");
}

TEST_CASE("targets are read one as the other, up to the first that is none", "[target]") {
  CHECK(*parse_targets({".#web", "../other"}, false) == std::vector<Target>{{".", "web"}, {"../other"}});
  CHECK(*parse_targets({"web.system"}, true) == std::vector<Target>{{".", "web", "system"}});
  CHECK_FALSE(parse_targets({".#web", ".#a.b.c"}, false));
}
