// SPDX-License-Identifier: MIT
// Every option has an effect at every level where it may stand, and the nearest level that says something
// wins: command line > profile > node > deploy > default.
#include "tests/support/catch.hpp"
#include "tests/unit/manifest_world.hpp"

#include <functional>
#include <set>

using namespace switchback;
using namespace switchback::test;
using nlohmann::json;
using std::chrono::seconds;

namespace {

struct Row {
  std::string option;  // with a dot: within gate
  json value;          // not the default
  json other;          // another; for what is on or off, the default
  std::function<json(const NodePlan&)> seen;
  std::function<void(Overrides&)> say_other;  // how the command line says `other`
};

const ActivateRequest& request_of(const NodePlan& plan) { return plan.deployment.request; }

const std::vector<Row> kRows{
    {"sshUser", "alice", "bob", [](const NodePlan& plan) { return plan.deployment.address.destination; },
     [](Overrides& over) { over.ssh_user = "bob"; }},
    {"user", "alice", "bob", [](const NodePlan& plan) { return request_of(plan).changes[0].user; },
     [](Overrides& over) { over.profile_user = "bob"; }},
    {"sudo", "doas -u", "run0 -u", [](const NodePlan& plan) { return plan.deployment.address.sudo; },
     [](Overrides& over) { over.sudo = "run0 -u"; }},
    {"fastConnection", true, false, [](const NodePlan& plan) { return plan.deployment.fast_connection; },
     [](Overrides& over) { over.fast_connection = false; }},
    {"remoteBuild", true, false, [](const NodePlan& plan) { return plan.builds[0].on_host; },
     [](Overrides& over) { over.remote_build = false; }},
    {"autoRollback", false, true, [](const NodePlan& plan) { return request_of(plan).auto_rollback; },
     [](Overrides& over) { over.auto_rollback = true; }},
    {"magicRollback", false, true, [](const NodePlan& plan) { return text(request_of(plan).confirm); },
     [](Overrides& over) { over.magic_rollback = true; }},
    {"confirm", "manual", "none", [](const NodePlan& plan) { return text(request_of(plan).confirm); },
     [](Overrides& over) { over.confirm = ConfirmMode::none; }},
    {"confirmTimeout", 90, 45, [](const NodePlan& plan) { return request_of(plan).confirm_timeout.count(); },
     [](Overrides& over) { over.confirm_timeout = seconds(45); }},
    {"activationTimeout", 600, 120,
     [](const NodePlan& plan) { return request_of(plan).activation_timeout.count(); },
     [](Overrides& over) { over.activation_timeout = seconds(120); }},
    {"gate.soak", 20, 5.5, [](const NodePlan& plan) { return request_of(plan).gate.soak.count(); },
     [](Overrides& over) { over.gate.soak = std::chrono::milliseconds(5500); }},
    {"gate.deadline", 900, 100, [](const NodePlan& plan) { return request_of(plan).gate.deadline.count(); },
     [](Overrides& over) { over.gate.deadline = seconds(100); }},
    {"gate.flapLimit", 5, 3, [](const NodePlan& plan) { return request_of(plan).gate.flap_limit; },
     [](Overrides& over) { over.gate.flap_limit = 3; }},
    {"gate.strict", true, false, [](const NodePlan& plan) { return request_of(plan).gate.strict; },
     [](Overrides& over) { over.gate.strict = false; }},
    {"gate.prefailing", "tolerate", "fail",
     [](const NodePlan& plan) { return text(request_of(plan).gate.prefailing); },
     [](Overrides& over) { over.gate.prefailing = Prefailing::fail; }},
};

/// Lists and checks, of which every level has a part, and what is only told about.
const std::set<std::string> kOthers{"sshOpts",     "gate.critical",   "gate.ignore", "gate.expectFailed",
                                    "gate.checks", "interactiveSudo", "tempPath"};
const std::vector<std::string> kLevels{"profile", "node", "deploy"};  // the nearest first

json manifest_with_user() {
  auto manifest = small_manifest();
  level_of(manifest, "profile").erase("user");
  manifest["sshUser"] = "somebody";
  return manifest;
}

void put(json& manifest, const std::string& level, const std::string& option, const json& value) {
  const auto dot = option.find('.');
  if (dot == std::string::npos)
    level_of(manifest, level)[option] = value;
  else
    level_of(manifest, level)[option.substr(0, dot)][option.substr(dot + 1)] = value;
}

json seen_with(const Row& row, const std::map<std::string, json>& values, const Overrides& overrides = {}) {
  auto manifest = manifest_with_user();
  for (const auto& [level, value] : values) put(manifest, level, row.option, value);
  return row.seen(planned(manifest, overrides));
}

Words options_seen(const json& manifest, const Overrides& overrides = {}) {
  return planned(manifest, overrides).deployment.address.ssh_options;
}

}  // namespace

TEST_CASE("every option has an effect at every level", "[levels]") {
  for (const auto& row : kRows) {
    for (const auto& level : kLevels) {
      INFO(row.option << " at " << level);
      CHECK(seen_with(row, {{level, row.value}}) != seen_with(row, {}));
    }
  }
}

TEST_CASE("the nearest level that says something wins", "[levels]") {
  for (const auto& row : kRows) {
    for (std::size_t near = 0; near < kLevels.size(); ++near) {
      for (std::size_t far = near + 1; far < kLevels.size(); ++far) {
        INFO(row.option << ": " << kLevels[near] << " before " << kLevels[far]);
        CHECK(seen_with(row, {{kLevels[near], row.value}, {kLevels[far], row.other}}) ==
              seen_with(row, {{kLevels[near], row.value}}));
        CHECK(seen_with(row, {{kLevels[near], row.other}, {kLevels[far], row.value}}) ==
              seen_with(row, {{kLevels[near], row.other}}));
      }
    }
  }
}

TEST_CASE("the command line wins over every level", "[levels]") {
  for (const auto& row : kRows) {
    Overrides overrides;
    row.say_other(overrides);
    for (const auto& level : kLevels) {
      INFO(row.option << " at " << level);
      CHECK(seen_with(row, {{level, row.value}}, overrides) == seen_with(row, {{"profile", row.other}}));
    }
  }
}

TEST_CASE("no option of a level is left out of these tables", "[levels]") {
  std::set<std::string> tested = kOthers;
  for (const auto& row : kRows) tested.insert(row.option);
  for (const auto& option : known_options(Level::gate)) CHECK(tested.erase("gate." + option) == 1);
  for (const auto level : {Level::deploy, Level::node, Level::profile}) {
    const std::set<std::string> own{"gate", "nodes", "$schema",     "hostname", "profiles",  "profilesOrder",
                                    "tags", "path",  "profilePath", "kind",     "derivation"};
    for (const auto& option : known_options(level)) {
      INFO(option);
      CHECK((own.contains(option) || tested.contains(option)));
    }
  }
  for (const auto& option : tested) {
    const auto known = known_options(Level::profile);
    INFO(option);
    CHECK(std::find(known.begin(), known.end(), option) != known.end());
  }
}

TEST_CASE("sshOpts are those of all levels, the nearest first, or those of the command line", "[levels]") {
  auto manifest = small_manifest();
  manifest["sshOpts"] = {"-v"};
  level_of(manifest, "node")["sshOpts"] = {"-p", "2221"};
  level_of(manifest, "profile")["sshOpts"] = {"-4"};
  CHECK(options_seen(manifest) == Words{"-4", "-p", "2221", "-v"});
  CHECK(options_seen(manifest, {.ssh_options = Words{"-6"}}) == Words{"-6"});
  CHECK(options_seen(manifest, {.ssh_options = Words{}}).empty());
}

TEST_CASE("the gate's lists are those of all levels and of the command line", "[levels]") {
  auto manifest = small_manifest();
  manifest["gate"] = {{"critical", {"sshd.service"}}, {"ignore", {"a@*.service"}}, {"soak", 3}};
  level_of(manifest, "node")["gate"] = {{"critical", {"nginx.service"}}, {"expectFailed", {"x.service"}}};
  level_of(manifest, "profile")["gate"] = {{"critical", {"app.service"}}, {"deadline", 60}};
  const auto gate = request_of(planned(manifest, {.gate = {.critical = {"db.service"}}})).gate;
  CHECK(gate.critical ==
        std::vector<std::string>{"sshd.service", "nginx.service", "app.service", "db.service"});
  CHECK(gate.ignore == std::vector<std::string>{"a@*.service"});
  CHECK(gate.expect_failed == std::vector<std::string>{"x.service"});
  CHECK(gate.soak == seconds(3));
  CHECK(gate.deadline == seconds(60));
}

TEST_CASE("what deploy-rs needs and we do not is told, once, at any level", "[levels]") {
  CHECK(planned(small_manifest()).notes.empty());
  for (const auto& level : kLevels) {
    for (const auto& [option, value] :
         std::vector<std::pair<std::string, json>>{{"interactiveSudo", true}, {"tempPath", "/tmp"}}) {
      INFO(option << " at " << level);
      auto manifest = two_profiles();
      put(manifest, level, option, value);
      const auto notes = planned(manifest).notes;
      REQUIRE(notes.size() == 1);
      CHECK(notes[0].starts_with(option + " is not used"));
    }
  }
  auto manifest = small_manifest();
  manifest["interactiveSudo"] = false;
  CHECK(planned(manifest).notes.empty());
}

TEST_CASE("a near magicRollback takes back a far one, and is content with a far manual confirm", "[levels]") {
  auto manifest = small_manifest();
  level_of(manifest, "profile")["magicRollback"] = true;
  manifest["magicRollback"] = false;
  CHECK(request_of(planned(manifest)).confirm == ConfirmMode::automatic);
  manifest.erase("magicRollback");
  manifest["confirm"] = "manual";
  CHECK(request_of(planned(manifest)).confirm == ConfirmMode::manual);
  level_of(manifest, "node")["magicRollback"] = false;
  CHECK(request_of(planned(manifest)).confirm == ConfirmMode::automatic);
}
