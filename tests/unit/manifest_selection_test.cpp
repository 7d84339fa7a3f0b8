// SPDX-License-Identifier: MIT
// Which nodes and profiles the targets mean, and how a name that is not there is answered.
#include "cli/manifest/selection.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/manifest_world.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

Target node(const std::string& name) { return {".", name}; }
Target profile(const std::string& node, const std::string& profile) { return {".", node, profile}; }

nlohmann::json fleet() {
  auto manifest = two_profiles();
  manifest["nodes"]["db"] = manifest["nodes"]["web"];
  manifest["nodes"]["broken"] = 7;
  return manifest;
}

std::string said(const std::vector<Target>& targets) {
  const auto selection = selection_of(targets);
  const auto good = check_selection(selection, select(fleet(), selection));
  return good ? "" : good.error().message;
}

}  // namespace

TEST_CASE("targets of the same node become one", "[selection]") {
  CHECK(selection_of({}).all);
  CHECK(selection_of({Target{}}).all);
  CHECK(selection_of({profile("web", "system"), node("db"), profile("web", "hello")}).nodes ==
        std::vector<Selection::Wanted>{{"web", {"system", "hello"}}, {"db", {}}});
  CHECK(selection_of({profile("web", "system"), node("web")}).nodes ==
        std::vector<Selection::Wanted>{{"web", {}}});
  CHECK(selection_of({node("web"), profile("web", "system")}).nodes ==
        std::vector<Selection::Wanted>{{"web", {}}});
  CHECK(selection_of({profile("web", "system"), profile("web", "system")}).nodes ==
        std::vector<Selection::Wanted>{{"web", {"system"}}});
  const auto all = selection_of({profile("web", "system"), Target{}});
  CHECK(all.all);
  CHECK(all.nodes.front().profiles.empty());
}

TEST_CASE("what is not selected is left out, and costs nothing", "[selection]") {
  const auto selection = selection_of({profile("web", "system")});
  const auto evaluated = select(fleet(), selection);
  CHECK(evaluated.nodes == std::vector<std::string>{"broken", "db", "web"});
  CHECK(evaluated.profiles.at("web") == std::vector<std::string>{"hello", "system"});
  CHECK(evaluated.deploy["nodes"].size() == 1);
  CHECK(evaluated.deploy["nodes"]["web"]["profiles"].size() == 1);
  CHECK(parse_manifest(evaluated.deploy));
  CHECK_FALSE(parse_manifest(fleet()));
}

TEST_CASE("nodes are deployed to in the order of the targets, the rest by name", "[selection]") {
  const auto order = [](const std::vector<Target>& targets) {
    const auto selection = selection_of(targets);
    return selected_nodes(selection, select(fleet(), selection));
  };
  CHECK(order({node("web"), node("db")}) == std::vector<std::string>{"web", "db"});
  CHECK(order({node("web"), Target{}}) == std::vector<std::string>{"web", "broken", "db"});
  CHECK(order({}) == std::vector<std::string>{"broken", "db", "web"});
}

TEST_CASE("a name that is not there is answered with the nearest", "[selection]") {
  CHECK(said({node("web"), profile("db", "hello")}).empty());
  CHECK(said({node("wbe")}) == "there is no node wbe; did you mean web? There are: broken, db, web");
  CHECK(said({profile("web", "systm")}) ==
        "node web has no profile systm; did you mean system? There are: hello, system");
  CHECK(said({node("mail.example.org")}) ==
        "there is no node \"mail.example.org\"; there are: broken, db, web");
  CHECK_THAT(said({profile("broken", "system")}), ContainsSubstring("there is none at all"));
}

TEST_CASE("of many names a few are shown", "[selection]") {
  auto manifest = small_manifest();
  for (int i = 10; i < 30; ++i) manifest["nodes"]["n" + std::to_string(i)] = manifest["nodes"]["web"];
  const auto selection = selection_of({node("zzzzzzzzz")});
  const auto good = check_selection(selection, select(manifest, selection));
  REQUIRE_FALSE(good);
  CHECK_THAT(good.error().message, ContainsSubstring("n17 and 13 more"));
}

TEST_CASE("a document of another shape is left to its parser", "[selection]") {
  for (const auto& document : {nlohmann::json(7), nlohmann::json::object(), nlohmann::json{{"nodes", 7}}}) {
    CHECK(select(document, selection_of({})).deploy == document);
  }
}
