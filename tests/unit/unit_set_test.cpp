// SPDX-License-Identifier: MIT
// A closure's unit directory, understood.
#include "activator/core/unit_set.hpp"

#include "activator/core/objections.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace switchback;
using Catch::Matchers::ContainsSubstring;

namespace {

UnitName unit(const std::string& name) { return *UnitName::parse(name); }

std::vector<std::string> names(const std::set<UnitName>& units) {
  std::vector<std::string> out;
  for (const auto& name : units) out.push_back(name.text());
  return out;
}

const std::string kService = "[Service]\nExecStart=/bin/a\n";
constexpr const char* kGenerator = "/run/systemd/generator";

UnitSnapshot loaded(const std::string& fragment, const std::string& load = "loaded") {
  UnitSnapshot state;
  state.load = load;
  state.fragment = fragment;
  return state;
}

std::vector<Objection> objections(const UnitSet& after, const Snapshot& live, const UnitSet& before = {},
                                  const std::map<UnitName, std::string>& others = {}) {
  return find_objections(before, after, {}, live, others, kGenerator);
}

}  // namespace

TEST_CASE("fragments, drop-ins, aliases, masks and links are told apart", "[unit_set]") {
  std::vector<SkippedUnit> skipped;
  const auto set = UnitSet::from_entries(
      {{"web.service", kService + "[Install]\nWantedBy=multi-user.target\nAlias=www.service\n", ""},
       {"web.service.d/10-limit.conf", "[Service]\nLimitNOFILE=1\n", ""},
       {"web.service.d/README", "not for systemd", ""},
       {"httpd.service", "", "web.service"},
       {"apache2.service", "", "/dev/null"},
       {"multi-user.target.requires/db.service", "", "db.service"}},
      &skipped);
  CHECK(skipped.empty());
  CHECK(set.fragments.size() == 1);
  CHECK(set.aliases.size() == 2);
  CHECK(set.canonical(unit("httpd.service")) == unit("web.service"));
  CHECK(set.masks == std::set<UnitName>{unit("apache2.service")});
  CHECK(set.links.contains({unit("multi-user.target"), DependencyKind::wants, unit("web.service")}));
  CHECK(set.links.contains({unit("multi-user.target"), DependencyKind::requires_, unit("db.service")}));
  CHECK(set.definition(unit("httpd.service"))->last("Service", "LimitNOFILE") == "1");
  CHECK(names(set.runnable()) == std::vector<std::string>{"web.service"});
}

TEST_CASE("an instance is defined by its template, its own drop-ins and those of its prefix", "[unit_set]") {
  const auto set = UnitSet::from_entries({{"job-run@.service", kService, ""},
                                          {"job-.service.d/10.conf", "[Service]\nNice=1\nUser=p\n", ""},
                                          {"job-run@.service.d/10.conf", "[Service]\nNice=2\n", ""},
                                          {"job-run@a.service.d/20.conf", "[Service]\nUser=a\n", ""},
                                          {"x.target", "[Unit]\nWants=job-run@b.service\n", ""}},
                                         nullptr);
  const auto of_a = set.definition(unit("job-run@a.service"));
  CHECK(of_a->last("Service", "Nice") == "2");  // the more special directory's file of the same name
  CHECK(of_a->last("Service", "User") == "a");
  CHECK(set.definition(unit("job-run@b.service"))->last("Service", "User") == std::nullopt);
  CHECK(names(set.runnable()) ==
        std::vector<std::string>{"job-run@a.service", "job-run@b.service", "x.target"});
  CHECK(names(set.wanted_by(unit("job-run@b.service"))) == std::vector<std::string>{"x.target"});
}

TEST_CASE("a template with a default instance is enabled as that instance", "[unit_set]") {
  const auto set = UnitSet::from_entries(
      {{"job@.service", kService + "[Install]\nWantedBy=a.target\nDefaultInstance=one\n", ""},
       {"other@.service", kService + "[Install]\nWantedBy=a.target\n", ""}},
      nullptr);
  REQUIRE(set.links.size() == 1);
  CHECK(set.links.begin()->unit == unit("job@one.service"));
}

TEST_CASE("one bad entry is left out and told, the others stay", "[unit_set]") {
  const auto [path, text, target] = GENERATE(table<std::string, std::string, std::string>({
      {"web.servce", kService, ""},
      {"../evil.service", kService, ""},
      {"bad.service", "[Service\nExecStart=/bin/a\n", ""},
      {"service.d/all.conf", "[Service]\n", ""},
      {"x.service", "", "y.socket"},
      {"multi-user.target.wants/nonsense", "", "nonsense"},
      {"odd.dir/file", "", ""},
      {"in.service", kService + "[Install]\nWantedBy=not a unit\n", ""},
  }));
  std::vector<SkippedUnit> skipped;
  const auto set = UnitSet::from_entries({{"good.service", kService, ""}, {path, text, target}}, &skipped);
  INFO(path);
  REQUIRE_FALSE(skipped.empty());
  CHECK_FALSE(skipped.front().problem.empty());
  CHECK(set.fragments.contains(unit("good.service")));
}

TEST_CASE("what would win over the closure's unit on this host is an objection", "[objections]") {
  const auto after = UnitSet::from_entries({{"web.service", kService, ""}}, nullptr);
  const auto [fragment, says] = GENERATE(table<std::string, std::string>({
      {"/etc/systemd/system/web.service", "/etc/systemd/system/web.service"},
      {"/run/systemd/transient/web.service", "/run/systemd/transient/web.service"},
      {"/run/systemd/generator/web.service", "another generator"},
      {"/lib/systemd/system/web.service", ""},
      {"/run/systemd/generator.late/web.service", ""},
      {"", ""},
  }));
  const auto found = objections(after, {{unit("web.service"), loaded(fragment)}});
  INFO(fragment);
  REQUIRE(found.empty() == says.empty());
  if (!found.empty()) {
    CHECK(found.front().fatal);
    CHECK_THAT(found.front().problem, ContainsSubstring(says));
  }
}

TEST_CASE("our own copy, a mask and another profile's unit are told apart", "[objections]") {
  const auto set = UnitSet::from_entries({{"web.service", kService, ""}}, nullptr);
  CHECK(objections(set, {{unit("web.service"), loaded("/run/systemd/generator/web.service")}}, set).empty());
  const auto masked =
      objections(set, {{unit("web.service"), loaded("/etc/systemd/system/web.service", "masked")}});
  REQUIRE(masked.size() == 1);
  CHECK_FALSE(masked.front().fatal);
  const auto taken = objections(set, {}, {}, {{unit("web.service"), "other"}});
  REQUIRE(taken.size() == 1);
  CHECK_THAT(taken.front().problem, ContainsSubstring("profile other"));
}

TEST_CASE("a link to a unit that is nowhere is an objection, once", "[objections]") {
  const auto set =
      UnitSet::from_entries({{"web.service", kService + "[Install]\nWantedBy=mulit-user.target\n", ""},
                             {"db.service", kService + "[Install]\nWantedBy=mulit-user.target\n", ""},
                             {"multi-user.target.wants/gone.service", "", "gone.service"}},
                            nullptr);
  const auto found = objections(set, {{unit("multi-user.target"), loaded("/lib/multi-user.target")}});
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0].problem + found[1].problem, ContainsSubstring("mulit-user.target"));
  CHECK_THAT(found[0].problem + found[1].problem, ContainsSubstring("gone.service"));
}
