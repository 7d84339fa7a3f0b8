// SPDX-License-Identifier: MIT
// What systemd-analyze verify says of units, as systemd 252 and 257 say it, and what is a reason to refuse
// them.
#include "activator/adapters/verify_output.hpp"

#include "tests/support/catch.hpp"

using namespace switchback;

namespace {

using Names = std::vector<std::string>;

/// «web.service: words» of each unit that could not be loaded.
Names failures(const std::string& output, const Names& names) {
  std::vector<UnitName> units;
  for (const auto& name : names) units.push_back(*UnitName::parse(name));
  Names told;
  for (const auto& failure : load_failures(output, "/run/staged", units))
    told.push_back(failure.unit.text() + ": " + failure.words);
  return told;
}

}  // namespace

TEST_CASE("a unit that systemd cannot load is told with systemd's own words", "[verify]") {
  const auto [unit, output, words] = GENERATE(table<std::string, std::string, std::string>({
      {"web.service",
       "web.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.\n"
       "Unit web.service has a bad unit file setting.\n",
       "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing."},
      {"web.service",
       "/run/staged/web.service:1: Assignment outside of section. Ignoring.\n"
       "web.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.\n"
       "Unit web.service has a bad unit file setting.\n",
       "web.service:1: Assignment outside of section. Ignoring. "
       "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing."},
      {"web.service",
       "/run/staged/web.service:3: String is not UTF-8 clean, ignoring assignment: Environment=?\n"
       "Unit web.service failed to load properly, please adjust/correct and reload service manager: Invalid "
       "argument\n",
       "web.service:3: String is not UTF-8 clean, ignoring assignment: Environment=?"},
      {"t.timer",
       "/run/staged/t.timer:2: Failed to parse calendar specification, ignoring: whenever\n"
       "t.timer: Timer unit lacks value setting. Refusing.\nUnit t.timer has a bad unit file setting.\n",
       "t.timer:2: Failed to parse calendar specification, ignoring: whenever; "
       "Timer unit lacks value setting. Refusing."},
      {"web.service",
       "/run/staged/web.service.d/more.conf:4: Neither a valid executable name nor an absolute path: a/b\n"
       "Unit web.service has a bad unit file setting.\n",
       "web.service.d/more.conf:4: Neither a valid executable name nor an absolute path: a/b"},
      {"web.service", "Unit web.service not found.\n", "Unit web.service not found."},
      {"web.service", "Unit web.service has a bad unit file setting.",
       "Unit web.service has a bad unit file setting."},
  }));
  CHECK(failures(output, {unit}) == Names{unit + ": " + words});
}

TEST_CASE("a template is judged by the instance that verify made of it", "[verify]") {
  const auto instance = GENERATE(as<std::string>(), "i", "test_instance");  // systemd 252, 257
  const auto id = "web@" + instance + ".service";
  CHECK(
      failures(id + ": Service has no ExecStart=. Refusing.\nUnit " + id + " has a bad unit file setting.\n",
               {"web@.service"}) == Names{"web@.service: Service has no ExecStart=. Refusing."});
}

TEST_CASE("what only looks wrong is no reason to refuse", "[verify]") {
  const auto output = GENERATE(
      as<std::string>(), "",
      "web.service: Command /nowhere/web is not executable: No such file or directory\n",
      "/run/staged/web.service:3: Unknown key 'Foo' in section [Unit], ignoring.\n",
      "/run/staged/web.service:2: Failed to parse Type=nonsense, ignoring: Invalid argument\n",
      "web.service: service db.service not loaded, socket cannot be started.\n",
      "Unit web.service is masked.\n", "Failed to create web.service/start: Unit db.service not found.\n",
      "web.service: Failed to create web.service/start: Unit db.service has a bad unit file setting.\n",
      "Unit web.service has a bad unit file setting. But not quite\n", "Unit web.service", "Unit \n\nUnit");
  CHECK(failures(output, {"web.service"}).empty());
}

TEST_CASE("only the units that were asked about are told, in the order of the question", "[verify]") {
  const std::string output =
      "Unit old.service has a bad unit file setting.\nb.service: Wrong. Refusing.\n"
      "a.service: Wrong too. Refusing.\nUnit b.service has a bad unit file setting.\n"
      "Unit a.service has a bad unit file setting.\n";
  CHECK(failures(output, {"a.service", "b.service", "fine.service"}) ==
        Names{"a.service: Wrong too. Refusing.", "b.service: Wrong. Refusing."});
}
