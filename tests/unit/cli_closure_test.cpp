// SPDX-License-Identifier: MIT
// What a dry run tells of the closure: packages, versions, sizes; and how a host's nix is asked for them.
#include "cli/closure_difference.hpp"
#include "cli/closure_query.hpp"
#include "cli/display.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A store path whose hash is all `hash`.
std::string path(char hash, const std::string& name) {
  return "/nix/store/" + std::string(32, hash) + "-" + name;
}

const std::set<std::string> kBefore{path('a', "web-1.0"), path('b', "openssl-3.0.1"),
                                    path('c', "glibc-2.35-224"), path('d', "jq-1.6"), path('f', "web-units")};
const std::set<std::string> kAfter{path('g', "web-1.1"),           path('h', "openssl-3.0.2"),
                                   path('i', "openssl-3.0.2-bin"), path('c', "glibc-2.35-224"),
                                   path('j', "curl-8.0"),          path('k', "web-units")};
const PathSizes kSizes{{path('a', "web-1.0"), 5000},
                       {path('b', "openssl-3.0.1"), 4'000'000},
                       {path('d', "jq-1.6"), 900'000},
                       {path('f', "web-units"), 500},
                       {path('g', "web-1.1"), 5100},
                       {path('h', "openssl-3.0.2"), 4'200'000},
                       {path('i', "openssl-3.0.2-bin"), 700'000},
                       {path('j', "curl-8.0"), 300'000},
                       {path('k', "web-units"), 510}};

ClosureDifference difference() {
  auto out = compare_closures(kBefore, kAfter, kSizes);
  out.profile = "app";
  out.before = *StorePath::parse(kWeb1);
  out.after = *StorePath::parse(kWeb2);
  return out;
}

/// A host whose nix knows two closures, and says what it was asked.
class NixHost final : public Remote {
 public:
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Connection> open(Way) override { return fail(Errc::unavailable, "not here"); }
  [[nodiscard]] std::string whoever() const override { return "root"; }
  [[nodiscard]] Result<Ran> run(const Words& argv, const Waker*) override {
    if (argv.size() < 4 || argv[0] != "nix-store" || argv[1] != "--query")
      return Ran{1, "", "error: what?\n"};
    ++asked;
    longest = std::max(longest, argv.size());
    Ran ran;
    if (argv[2] == "--requisites") {
      const auto found = closures.find(argv[3]);
      if (found == closures.end()) return Ran{1, "", "error: path '" + argv[3] + "' is not valid\n"};
      for (const auto& one : found->second) ran.out += one + "\n";
    } else {
      for (std::size_t i = 3; i < argv.size(); ++i)
        ran.out += std::to_string(kSizes.count(argv[i]) != 0 ? kSizes.at(argv[i]) : 10) + "\n";
    }
    return ran;
  }

  std::map<std::string, std::set<std::string>> closures;
  int asked = 0;
  std::size_t longest = 0;

 private:
  std::string name_ = "web1";
};

std::vector<ChangeRequest> web_2() {
  return {{.profile = *ProfileName::parse("app"), .closure = *StorePath::parse(kWeb2)}};
}

}  // namespace

TEST_CASE("a package's version begins where no letter follows a dash", "[closure]") {
  const auto [text, name, version] = GENERATE(table<std::string, std::string, std::string>(
      {{"openssl-3.0.2", "openssl", "3.0.2"},
       {"openssl-3.0.2-bin", "openssl", "3.0.2"},
       {"glibc-2.35-224", "glibc", "2.35-224"},
       {"python3.10-requests-2.27.1", "python3.10-requests", "2.27.1"},
       {"web-units", "web-units", ""},
       {"linux-6.1.55-modules", "linux", "6.1.55-modules"},
       {"unit-web.service", "unit-web.service", ""},
       {"a", "a", ""}}));
  INFO(text);
  const auto package = package_of(path('a', text));
  CHECK(package.name == name);
  CHECK(package.version == version);
}

TEST_CASE("closures are compared by package: versions that come and go, and sizes", "[closure]") {
  const auto found = difference();
  CHECK(found.packages == std::vector<PackageDifference>{
                              {"curl", {}, {"8.0"}, true, false, 300'000},
                              {"jq", {"1.6"}, {}, false, true, -900'000},
                              {"openssl", {"3.0.1"}, {"3.0.2"}, false, false, 900'000},
                              {"web", {"1.0"}, {"1.1"}, false, false, 100},
                          });
  CHECK(found.rebuilt == 1);
  CHECK(found.bytes == 300'110);
}

TEST_CASE("a version of which only one of two paths goes has not gone", "[closure]") {
  const std::set<std::string> before{path('a', "go-1.20"), path('b', "go-1.20")};
  const auto found = compare_closures(before, {path('a', "go-1.20")}, {{path('b', "go-1.20"), 100'000}});
  REQUIRE(found.packages.size() == 1);
  CHECK(found.packages[0] == PackageDifference{"go", {}, {}, false, false, -100'000});
}

TEST_CASE("sizes are told in units that people read, also of impossible ones", "[closure]") {
  CHECK(size_difference_text(0) == "+0 B");
  CHECK(size_difference_text(-1023) == "-1023 B");
  CHECK(size_difference_text(12'288) == "+12.0 KiB");
  CHECK(size_difference_text(-3'565'159) == "-3.4 MiB");
  CHECK_THAT(size_difference_text(std::numeric_limits<std::int64_t>::min()), ContainsSubstring("TiB"));
}

TEST_CASE("a closure's difference fits a terminal, and a long one is cut short", "[closure]") {
  std::string text;
  for (const auto& line : difference_lines(difference(), 0)) text += line + "\n";
  text += "\n";
  for (const auto& line : difference_lines(difference(), 2)) text += line + "\n";
  text += "\n";
  auto first = compare_closures({}, {path('g', "web-1.1")}, kSizes);
  first.profile = "app";
  first.after = *StorePath::parse(kWeb2);
  for (const auto& line : difference_lines(first, 0)) text += line + "\n";
  text += "\n";
  for (const auto& line :
       difference_lines({"app", *StorePath::parse(kWeb2), *StorePath::parse(kWeb2), {}, 0, 0}, 0))
    text += line + "\n";
  check_golden("closure.txt", text);
  check_width(text);
}

TEST_CASE("a host is asked for both closures, and for the sizes of what differs alone", "[closure]") {
  NixHost host;
  host.closures = {{kWeb1, kBefore}, {kWeb2, kAfter}};
  host.closures[kWeb1].insert(kWeb1);
  host.closures[kWeb2].insert(kWeb2);
  const auto found = query_differences(host, web_2(), {{"app", kWeb1, 11}}, nullptr);
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().profile == "app");
  CHECK(found->front().before->text() == kWeb1);
  CHECK(found->front().packages.size() == 4);
  CHECK(host.asked == 3);
}

TEST_CASE("a profile that names nothing is compared with nothing, many paths in several commands",
          "[closure]") {
  NixHost host;
  auto& paths = host.closures[kWeb2];
  paths.insert(kWeb2);
  for (int i = 0; i < 1200; ++i) paths.insert(path('b', "lib" + std::to_string(i) + "-1.0"));
  const auto found = query_differences(host, web_2(), {{"app", "", std::nullopt}}, nullptr);
  REQUIRE(found);
  CHECK_FALSE(found->front().before);
  CHECK(found->front().packages.size() == 1201);
  CHECK(found->front().bytes == 12'010);
  CHECK(host.longest <= 503);
}

TEST_CASE("what is the same already is not asked for", "[closure]") {
  NixHost host;
  const auto found = query_differences(host, web_2(), {{"app", kWeb2, 12}}, nullptr);
  REQUIRE(found);
  CHECK(host.asked == 0);
  CHECK(found->front().before == found->front().after);
}

TEST_CASE("a host whose nix knows no such closure says so in its own words", "[closure]") {
  NixHost host;
  const auto found = query_differences(host, web_2(), {{"app", kWeb1, 11}}, nullptr);
  REQUIRE_FALSE(found);
  CHECK_THAT(found.error().message, ContainsSubstring("is not valid"));
}

TEST_CASE("a document of a closure's difference holds all of it", "[closure]") {
  std::ostringstream out;
  json_display({.node = "web1"}, out)->difference(difference());
  auto document = nlohmann::json::parse(out.str());
  CHECK(document.at("time").get<double>() > 0);
  document.erase("time");
  check_golden("closure.json", document.dump(2) + "\n");
}
