// SPDX-License-Identifier: MIT
// Deployments in which one thing goes wrong, at each moment at which it can: see points.hpp.
#include "tests/integration/private_mounts.hpp"
#include "tests/killpoints/campaign.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <iostream>
#include <iterator>

using namespace switchback;
using namespace switchback::test;

namespace {

/// A store of this thread's own, and an empty file system for the host's files.
struct Place {
  PrivateMounts mounts;
  Place() {
    std::filesystem::create_directories("/nix");
    mounts.mount_empty("/nix");
    mounts.mount_empty("/tmp");
  }
};

/// Nothing when all is well.
std::string in_words(const Scenario& scenario, const Verdict& verdict) {
  if (verdict.broken.empty()) return "";
  auto text = scenario.name + ": " + name_of(verdict.fault) + " at «" + verdict.point +
              "»: " + verdict.outcome + "\n";
  for (const auto& problem : verdict.broken) text += "    BROKEN: " + problem + "\n";
  return text + "    told: " + verdict.story + "\n";
}

void check_all_survived(const Scenario& scenario) {
  const Place place;
  Campaign campaign;
  const auto undisturbed = campaign.rehearse(scenario);
  INFO(undisturbed.story);
  REQUIRE(undisturbed.outcome == std::string(text(scenario.ends)));
  REQUIRE(undisturbed.broken == std::vector<std::string>{});
  std::string broken;
  for (const auto& verdict : campaign.run(scenario)) broken += in_words(scenario, verdict);
  CHECK(broken.empty());
  std::cerr << broken;
}

}  // namespace

TEST_CASE("units that are committed", "[killpoints]") { check_all_survived({.name = "units committed"}); }

TEST_CASE("units that crash", "[killpoints]") {
  check_all_survived({.name = "units crashing", .after = "app-crashing", .ends = Outcome::reverted});
}

TEST_CASE("units that are never confirmed", "[killpoints]") {
  check_all_survived({.name = "units unconfirmed", .ends = Outcome::reverted, .confirms = false});
}

TEST_CASE("units that are a host's first", "[killpoints]") {
  check_all_survived({.name = "first units", .before = ""});
}

TEST_CASE("units whose profile nix-env moves", "[killpoints]") {
  check_all_survived({.name = "units moved by nix-env", .locked = true});
}

TEST_CASE("units that are removed", "[killpoints]") {
  check_all_survived({.name = "units removed", .after = ""});
}

TEST_CASE("a system that is committed", "[killpoints]") {
  check_all_survived(
      {.name = "system committed", .kind = Kind::nixos, .before = "nixos-1", .after = "nixos-2"});
}

TEST_CASE("a system whose switch fails", "[killpoints]") {
  check_all_survived({.name = "system failing",
                      .kind = Kind::nixos,
                      .before = "nixos-1",
                      .after = "nixos-2",
                      .ends = Outcome::reverted,
                      .exits = {{"nixos-2 test", 1}}});
}

TEST_CASE("a system whose boot entry cannot be written", "[killpoints]") {
  check_all_survived({.name = "system without boot entry",
                      .kind = Kind::nixos,
                      .before = "nixos-1",
                      .after = "nixos-2",
                      .ends = Outcome::reverted,
                      .exits = {{"nixos-2 boot", 1}}});
}

TEST_CASE("a script that is committed", "[killpoints]") {
  check_all_survived(
      {.name = "script committed", .kind = Kind::script, .before = "script-1", .after = "script-2"});
}

TEST_CASE("a script that fails", "[killpoints]") {
  check_all_survived({.name = "script failing",
                      .kind = Kind::script,
                      .before = "script-1",
                      .after = "script-2",
                      .ends = Outcome::reverted,
                      .exits = {{"script-2 activate", 7}}});
}

TEST_CASE("a script that fails, and whose profile nix-env moves", "[killpoints]") {
  check_all_survived({.name = "script moved by nix-env",
                      .kind = Kind::script,
                      .before = "script-1",
                      .after = "script-2",
                      .ends = Outcome::reverted,
                      .exits = {{"script-2 activate", 7}},
                      .locked = true});
}

TEST_CASE("what the activator does after its own death", "[killpoints]") {
  const auto [dies_at, reboots] = GENERATE(table<std::string, bool>({
      {"bus daemon-reload, submitted", false},  // while it switches: it reverts
      {"bus daemon-reload, submitted", true},
      {"rename /etc/switchback/profiles/app/current", false},           // while it commits: it goes on
      {"rename /etc/switchback/profiles/app/current", true},            // or sets back
      {"unlink /etc/switchback/profiles/app/app-1/web.service", true},  // or goes on: it came up with the new
  }));
  const bool commits = !reboots ? dies_at.starts_with("rename") : dies_at.starts_with("unlink");
  check_all_survived({.name = "again, units",
                      .ends = commits ? Outcome::committed : Outcome::reverted,
                      .dies_first_at = dies_at,
                      .reboots_first = reboots});
}

TEST_CASE("what the activator does after its own death, with a system", "[killpoints]") {
  const auto [dies_at, reboots] = GENERATE(table<std::string, bool>({
      {"bus run switch-to-configuration test, submitted", false},
      {"bus run switch-to-configuration boot, submitted", false},
      {"bus run switch-to-configuration boot, submitted", true},
      {"bus run switch-to-configuration boot, answered", true},
  }));
  check_all_survived(
      {.name = "again, system",
       .kind = Kind::nixos,
       .before = "nixos-1",
       .after = "nixos-2",
       .ends = dies_at.ends_with("boot, answered") || (dies_at.find(" boot") != std::string::npos && !reboots)
                   ? Outcome::committed
                   : Outcome::reverted,
       .dies_first_at = dies_at,
       .reboots_first = reboots});
}

TEST_CASE("what the activator does after its own death, with a script", "[killpoints]") {
  check_all_survived({.name = "again, script",
                      .kind = Kind::script,
                      .before = "script-1",
                      .after = "script-2",
                      .ends = Outcome::reverted,
                      .dies_first_at = "bus run deploy-rs-activate, submitted",
                      .reboots_first = GENERATE(false, true)});
}

TEST_CASE("nothing of the kill points is in what is shipped", "[killpoints]") {
  std::ifstream file(SWITCHBACK_ACTIVATOR, std::ios::binary);
  const std::string binary{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(binary.find("running.json") != std::string::npos);
  for (const auto* trace : {"SWITCHBACK_TEST_PLAN", "run nix-env", "syncfs ", ", submitted"})
    CHECK(binary.find(trace) == std::string::npos);
}
