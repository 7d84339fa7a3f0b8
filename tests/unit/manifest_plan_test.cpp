// SPDX-License-Identifier: MIT
// A node becomes one activation on one host: what its profiles are together, who logs in, and what is
// refused.
#include "tests/support/catch.hpp"
#include "tests/unit/manifest_world.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using std::chrono::seconds;

namespace {

json& profile_of(json& manifest, const std::string& name) {
  return manifest["nodes"]["web"]["profiles"][name];
}

std::vector<std::string> order_of(const json& manifest) {
  std::vector<std::string> names;
  for (const auto& change : planned(manifest).deployment.request.changes)
    names.push_back(change.profile.text());
  return names;
}

}  // namespace

TEST_CASE("a node with nothing but what it must have is planned with deploy-rs's defaults", "[plan]") {
  const auto plan = planned(small_manifest());
  const auto& deployment = plan.deployment;
  CHECK(deployment.address.node == "web");
  CHECK(deployment.address.destination == "web1");
  CHECK(deployment.address.ssh_options.empty());
  CHECK_FALSE(deployment.address.local);
  CHECK_FALSE(deployment.fast_connection);
  CHECK_FALSE(deployment.check_signatures);
  CHECK_FALSE(deployment.remote_build);
  auto expected = base_request();
  expected.id = deployment.request.id;
  expected.changes = {{.profile = *ProfileName::parse("system"), .closure = *StorePath::parse(kSystemPath)}};
  CHECK(deployment.request == expected);
  CHECK(deployment.request.id != base_request().id);
  REQUIRE(plan.builds.size() == 1);
  CHECK(plan.builds[0].closure.text() == kSystemPath);
  CHECK(plan.builds[0].installables == Words{"/nix/store/system.drv^out"});
}

TEST_CASE("what the command line says of every activation is kept", "[plan]") {
  const auto plan = planned(small_manifest(), {.kind = Kind::script,
                                               .profile_path = "/nix/var/nix/profiles/other",
                                               .hostname = "web2",
                                               .check_signatures = true});
  CHECK(plan.deployment.request.note == "from a test");
  CHECK(plan.deployment.address.destination == "web2");
  CHECK(plan.deployment.check_signatures);
  const auto& change = plan.deployment.request.changes[0];
  CHECK(change.kind == Kind::script);
  CHECK(change.profile_path == "/nix/var/nix/profiles/other");
}

TEST_CASE("a profile says where it is and of which kind", "[plan]") {
  auto manifest = small_manifest();
  profile_of(manifest, "system")["profilePath"] = "/home/hello/.local/state/nix/profiles/app";
  profile_of(manifest, "system")["kind"] = "units";
  const auto change = planned(manifest).deployment.request.changes[0];
  CHECK(change.profile_path == "/home/hello/.local/state/nix/profiles/app");
  CHECK(change.kind == Kind::units);
}

TEST_CASE("profiles come in profilesOrder, then by name", "[plan]") {
  auto manifest = two_profiles();
  profile_of(manifest, "app") = profile_of(manifest, "hello");
  CHECK(order_of(manifest) == std::vector<std::string>{"app", "hello", "system"});
  manifest["nodes"]["web"]["profilesOrder"] = {"system", "hello"};
  CHECK(order_of(manifest) == std::vector<std::string>{"system", "hello", "app"});
  manifest["nodes"]["web"]["profilesOrder"] = {"systm"};
  CHECK(complaint_about(manifest) ==
        "nodes.web.profilesOrder: there is no profile «systm»; did you mean system?");
  manifest["nodes"]["web"]["profilesOrder"] = {"system", "system"};
  CHECK(complaint_about(manifest) == "nodes.web.profilesOrder: system is there twice");
}

TEST_CASE("a profile belongs to user, else to sshUser, else it is not known to whom", "[plan]") {
  const auto user_of = [](const json& manifest, const Overrides& overrides = {}) {
    return planned(manifest, overrides).deployment.request.changes[0].user;
  };
  auto manifest = small_manifest();
  manifest["sshUser"] = "deploy";
  CHECK(user_of(manifest) == "root");
  profile_of(manifest, "system").erase("user");
  CHECK(user_of(manifest) == "deploy");
  CHECK(user_of(manifest, {.ssh_user = "other"}) == "other");
  manifest.erase("sshUser");
  CHECK_THAT(complaint_about(manifest),
             ContainsSubstring("nodes.web.profiles.system: neither user nor sshUser is set") &&
                 ContainsSubstring("user = \"root\""));
  CHECK(user_of(manifest, {.profile_user = "root"}) == "root");
}

TEST_CASE("several profiles are one activation with the strictest of what they say", "[plan]") {
  auto manifest = two_profiles();
  manifest["gate"]["critical"] = {"sshd.service"};
  profile_of(manifest, "system")
      .update({{"gate", {{"soak", 30}, {"flapLimit", 4}, {"ignore", {"a.service"}}}},
               {"activationTimeout", 600},
               {"autoRollback", false},
               {"fastConnection", true}});
  profile_of(manifest, "hello")
      .update({{"gate", {{"deadline", 900}, {"flapLimit", 3}, {"strict", true}, {"ignore", {"b.service"}}}},
               {"confirm", "manual"},
               {"confirmTimeout", 700}});
  const auto deployment = planned(manifest).deployment;
  const auto& request = deployment.request;
  CHECK(request.gate == GatePolicy{.soak = seconds(30),
                                   .deadline = seconds(900),
                                   .critical = {"sshd.service"},
                                   .ignore = {"b.service", "a.service"},
                                   .expect_failed = {},
                                   .flap_limit = 3,
                                   .strict = true});
  CHECK(request.confirm == ConfirmMode::manual);
  CHECK(request.confirm_timeout == seconds(700));
  CHECK(request.activation_timeout == seconds(600));
  CHECK(request.auto_rollback);
  CHECK_FALSE(deployment.fast_connection);
  profile_of(manifest, "hello").update({{"autoRollback", false}, {"fastConnection", true}});
  CHECK_FALSE(planned(manifest).deployment.request.auto_rollback);
  CHECK(planned(manifest).deployment.fast_connection);
}

TEST_CASE("the strictest confirm of several profiles counts, with the longest time for it", "[plan]") {
  struct Confirms {
    json system;
    json hello;
    ConfirmMode confirm;
    seconds timeout;
  };
  const std::vector<Confirms> rows{
      {{{"confirm", "none"}}, {{"confirm", "none"}}, ConfirmMode::none, seconds(30)},
      {{{"confirm", "none"}}, json::object(), ConfirmMode::automatic, seconds(30)},
      {{{"confirm", "manual"}}, json::object(), ConfirmMode::manual, seconds(600)},
      {{{"confirm", "manual"}}, {{"confirmTimeout", 60}}, ConfirmMode::manual, seconds(600)},
      {{{"confirm", "manual"}, {"confirmTimeout", 50}},
       {{"confirmTimeout", 60}},
       ConfirmMode::manual,
       seconds(60)},
      {{{"confirm", "none"}, {"confirmTimeout", 999}}, json::object(), ConfirmMode::automatic, seconds(30)},
  };
  for (const auto& row : rows) {
    INFO(row.system << " and " << row.hello);
    auto manifest = two_profiles();
    profile_of(manifest, "system").update(row.system);
    profile_of(manifest, "hello").update(row.hello);
    const auto request = planned(manifest).deployment.request;
    CHECK(request.confirm == row.confirm);
    CHECK(request.confirm_timeout == row.timeout);
  }
}

TEST_CASE("one login is for all profiles: that of the first that belongs to root", "[plan]") {
  auto manifest = two_profiles();
  profile_of(manifest, "hello")["sshUser"] = "hello";
  profile_of(manifest, "system")["sshUser"] = "admin";
  const auto plan = planned(manifest);
  CHECK(plan.deployment.address.destination == "admin@web1");
  REQUIRE(plan.notes.size() == 1);
  CHECK(plan.notes[0] ==
        "one login is for all profiles of web, that of profile system; sshUser and sshOpts of profile hello "
        "are not used");
  CHECK(planned(manifest, {.ssh_user = "me"}).deployment.address.destination == "me@web1");
  CHECK(planned(manifest, {.ssh_user = "me"}).notes.empty());
  profile_of(manifest, "system")["user"] = "admin";
  CHECK(planned(manifest).deployment.address.destination == "hello@web1");
}

TEST_CASE("remoteBuild is of one profile, and needs something to build from", "[plan]") {
  auto manifest = two_profiles();
  profile_of(manifest, "system")["remoteBuild"] = true;
  const auto builds = planned(manifest).builds;
  REQUIRE(builds.size() == 2);
  CHECK_FALSE(builds[0].on_host);
  CHECK(builds[1].on_host);
  const auto parsed = parse_manifest(manifest);
  const std::string name = "web";
  const std::vector<std::string> names{"hello", "system"};
  const auto bare =
      plan_node({name, parsed->nodes.at(name), parsed->settings, names, kNone}, {}, {}, base_request());
  REQUIRE(bare);
  CHECK_FALSE(bare->builds[1].on_host);
  REQUIRE(bare->notes.size() == 1);
  CHECK_THAT(bare->notes[0], ContainsSubstring("remoteBuild is not possible for profile system of node web"));
}

TEST_CASE("what the activator would refuse is refused in the words of the manifest", "[plan]") {
  const auto said = [](const std::string& option, const json& value) {
    auto manifest = small_manifest();
    profile_of(manifest, "system")[option] = value;
    return complaint_about(manifest);
  };
  CHECK(said("user", "a b") == "nodes.web.profiles.system.user: is not the name of a user");
  CHECK_THAT(said("profilePath", "relative"),
             ContainsSubstring("nodes.web.profiles.system.profilePath: is not an absolute path"));
  CHECK_THAT(said("gate", {{"soak", 400}}), ContainsSubstring("nodes.web: gate: soak must be shorter"));
  CHECK_THAT(said("activationTimeout", 0), ContainsSubstring("nodes.web: activationTimeout: must not be 0"));
  CHECK_THAT(said("confirmTimeout", 0), ContainsSubstring("nodes.web: confirmTimeout: must not be 0"));
  CHECK_THAT(said("sshUser", "a b"), ContainsSubstring("nodes.web.hostname: «a b@web1» is not [USER@]HOST"));
  auto manifest = small_manifest();
  manifest["nodes"]["web"]["hostname"] = "-oProxyCommand=x";
  CHECK_FALSE(complaint_about(manifest).empty());
  manifest = small_manifest();
  profile_of(manifest, "system").erase("path");
  CHECK(complaint_about(manifest) == "nodes.web.profiles.system.path: is missing");
  CHECK_THAT(complaint_about(two_profiles(), {.profile_path = "/nix/var/nix/profiles/x"}),
             ContainsSubstring("--profile-path is for one profile"));
}

TEST_CASE("how a node is reached is known without any closure", "[plan]") {
  auto manifest = two_profiles();
  manifest["sshOpts"] = {"-v"};
  for (const auto* name : {"system", "hello"}) profile_of(manifest, name).erase("path");
  profile_of(manifest, "system")
      .update({{"sshUser", "admin"}, {"profilePath", "/nix/var/nix/profiles/other"}});
  const auto parsed = parse_manifest(manifest);
  REQUIRE(parsed);
  const std::string name = "web";
  const std::vector<std::string> names{"hello", "system"};
  const auto address = address_of({name, parsed->nodes.at(name), parsed->settings, names, {"-4"}}, {});
  REQUIRE(address);
  CHECK(address->node == "web");
  CHECK(address->destination == "admin@web1");
  CHECK(address->ssh_options == Words{"-4", "-v"});
  REQUIRE(address->profiles.size() == 2);
  CHECK(address->profiles[0].name.text() == "hello");
  CHECK(address->profiles[0].user == "hello");
  CHECK(address->profiles[1].path == "/nix/var/nix/profiles/other");
}

TEST_CASE("a node without profiles has nothing to do", "[plan]") {
  auto manifest = small_manifest();
  manifest["nodes"]["web"]["profiles"] = json::object();
  const auto plan = planned(manifest);
  CHECK(plan.builds.empty());
  CHECK(plan.deployment.request.changes.empty());
}
