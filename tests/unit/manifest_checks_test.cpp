// SPDX-License-Identifier: MIT
// What three levels, several profiles and the command line say about the gate's checks, and what it comes to.
#include "activator/protocol/check_store_paths.hpp"
#include "cli/check_programs.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/manifest_world.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using std::chrono::seconds;

namespace {

const json kWeb{{"type", "http"}, {"url", "http://127.0.0.1/healthz"}, {"timeout", 7}};
const json kSmoke{{"type", "exec"}, {"side", "pusher"}, {"command", {"true"}}};

json& checks_of(json& manifest, const std::string& level) {
  return level_of(manifest, level)["gate"]["checks"];
}

Checks planned_checks(const json& manifest, const Overrides& overrides = {}) {
  return planned(manifest, overrides).deployment.request.gate.checks;
}

std::string names_of(const Checks& checks) {
  std::string out;
  for (const auto& [name, check] : checks) out += (out.empty() ? "" : " ") + name;
  return out;
}

std::string url_of(const CheckPolicy& check) { return std::get<HttpCheck>(check.question).url; }

}  // namespace

TEST_CASE("checks of all levels are made, each merged field by field", "[checks]") {
  auto manifest = small_manifest();
  checks_of(manifest, "deploy") = {{"web", kWeb}, {"bus", {{"type", "dbus-name"}, {"name", "org.example"}}}};
  checks_of(manifest, "node") = {{"web", {{"timeout", 9}, {"successes", 2}, {"interval", nullptr}}}};
  checks_of(manifest, "profile") = {{"web", {{"successes", 3}}},
                                    {"db", {{"type", "tcp"}, {"address", "a:1"}}}};
  const auto checks = planned_checks(manifest);
  CHECK(names_of(checks) == "bus db web");
  const auto& web = checks.at("web");
  CHECK(url_of(web) == "http://127.0.0.1/healthz");
  CHECK(web.timeout == seconds(9));
  CHECK(web.successes == 3);
}

TEST_CASE("null takes a check of a level further out away, and lets it begin anew further in", "[checks]") {
  auto manifest = small_manifest();
  checks_of(manifest, "deploy") = {{"web", kWeb}};
  checks_of(manifest, "node") = {{"web", nullptr}};
  CHECK(planned_checks(manifest).empty());
  checks_of(manifest, "profile") = {{"web", {{"type", "http"}, {"url", "http://x/"}}}};
  CHECK(planned_checks(manifest).at("web").timeout == seconds(5));
}

TEST_CASE("a check that is made one of another type keeps nothing", "[checks]") {
  auto manifest = small_manifest();
  checks_of(manifest, "deploy") = {{"web", kWeb}};
  checks_of(manifest, "profile") = {{"web", {{"type", "tcp"}, {"address", "127.0.0.1:80"}}}};
  const auto check = planned_checks(manifest).at("web");
  CHECK(std::holds_alternative<TcpCheck>(check.question));
  CHECK(check.timeout == seconds(5));
}

TEST_CASE("the checks of several profiles are all made; of one name only once if they are the same",
          "[checks]") {
  auto manifest = two_profiles();
  auto& profiles = manifest["nodes"]["web"]["profiles"];
  checks_of(manifest, "node") = {{"web", kWeb}};
  profiles["hello"]["gate"]["checks"] = {{"hi", kWeb}};
  CHECK(names_of(planned_checks(manifest)) == "hi web");
  profiles["hello"]["gate"]["checks"]["web"] = {{"url", "http://hello/"}};
  const auto checks = planned_checks(manifest);
  CHECK(names_of(checks) == "hello.web hi system.web");
  CHECK(url_of(checks.at("hello.web")) == "http://hello/");
  CHECK(url_of(checks.at("system.web")) == "http://127.0.0.1/healthz");
}

TEST_CASE("a failing beforehand is tolerated only if all profiles say so", "[checks]") {
  auto manifest = two_profiles();
  auto& profiles = manifest["nodes"]["web"]["profiles"];
  profiles["system"]["gate"]["prefailing"] = "tolerate";
  CHECK(planned(manifest).deployment.request.gate.prefailing == Prefailing::fail);
  profiles["hello"]["gate"]["prefailing"] = "tolerate";
  CHECK(planned(manifest).deployment.request.gate.prefailing == Prefailing::tolerate);
}

TEST_CASE("the command line changes a check where there is one, takes it away, or adds one", "[checks]") {
  auto manifest = two_profiles();
  manifest["nodes"]["web"]["profiles"]["hello"]["gate"]["checks"] = {{"web", kWeb}};
  const auto with = [&](const CheckSays& says) {
    return planned_checks(manifest, {.gate = {.checks = says}});
  };
  CHECK(with({{"web", {{"timeout", 3}}}}).at("web").timeout == seconds(3));
  CHECK(with({{"web", nullptr}}).empty());
  CHECK(names_of(with({{"db", {{"type", "unit"}, {"unit", "db.service"}}}})) == "db web");
  CHECK_THAT(complaint_about(manifest, {.gate = {.checks = {{"wep", {{"timeout", 3}}}}}}),
             ContainsSubstring("nodes.web: --check wep: there is no such check"));
}

TEST_CASE("a wrong check is told with its path", "[checks]") {
  const auto said = [](const json& check) {
    auto manifest = small_manifest();
    checks_of(manifest, "deploy") = {{"web", check}};
    const auto parsed = parse_manifest(manifest);
    return parsed ? complaint_about(manifest) : parsed.error().message;
  };
  CHECK(said({{"type", "htpp"}}) ==
        "gate.checks.web.type: «htpp» is none of exec, http, https, tcp, unit, dbus-name");
  CHECK(said({{"type", "http"}, {"uri", "x"}}) ==
        "gate.checks.web.uri: is not known here; did you mean url?");
  CHECK(said({{"timeout", "5"}}) == "gate.checks.web.timeout: expected a number of seconds from 0 to 86400");
  CHECK(said({{"timeout", 3}}) == "nodes.web: gate.checks.web.type: is missing");
  CHECK_THAT(said({{"type", "http"}, {"url", "ftp://x/"}}),
             ContainsSubstring("nodes.web: gate.checks.web.url: must begin with http"));
  CHECK_THAT(said({{"type", "exec"}, {"command", {"true"}}}),
             ContainsSubstring("must begin with an absolute path on the host"));
  CHECK_THAT(said({{"type", "tcp"}, {"side", "pusher"}, {"address", "a:1"}}),
             ContainsSubstring("must be exec on the pusher's side"));
  auto manifest = small_manifest();
  manifest["nodes"]["web"]["headers"] = json::object();
  const auto misplaced = parse_manifest(manifest);
  REQUIRE_FALSE(misplaced);
  CHECK(misplaced.error().message ==
        "nodes.web.headers: is not known here; it is an option of one of the gate's checks");
}

TEST_CASE("soak and checks must fit into the deadline, and those of the pusher into the confirm",
          "[checks]") {
  auto manifest = small_manifest();
  checks_of(manifest, "deploy") = {{"web", kWeb}};
  manifest["gate"]["deadline"] = 17;
  CHECK_THAT(complaint_about(manifest), ContainsSubstring("the soak and check web together"));
  manifest["gate"]["deadline"] = 18;
  CHECK(complaint_about(manifest).empty());
  checks_of(manifest, "deploy") = {{"smoke", kSmoke}};
  CHECK(complaint_about(manifest).empty());
  manifest["confirmTimeout"] = 9;
  CHECK_THAT(complaint_about(manifest), ContainsSubstring("nodes.web: gate.checks.smoke: may take 5 s") &&
                                            ContainsSubstring("longer than confirmTimeout (9 s)"));
  checks_of(manifest, "deploy")["smoke"]["required"] = false;
  CHECK(complaint_about(manifest).empty());
}

TEST_CASE("checks of the pusher need a pusher that confirms", "[checks]") {
  for (const auto* confirm : {"manual", "none"}) {
    auto manifest = small_manifest();
    checks_of(manifest, "profile") = {{"smoke", kSmoke}};
    manifest["confirm"] = confirm;
    CHECK_THAT(complaint_about(manifest),
               ContainsSubstring("nodes.web: gate.checks.smoke:") && ContainsSubstring("confirm = \"auto\""));
    CHECK(complaint_about(manifest, {.confirm = ConfirmMode::automatic}).empty());
  }
}

TEST_CASE("what a check runs out of the store is built with the closures", "[checks]") {
  auto manifest = small_manifest();
  const std::string tool = "/nix/store/123456789abcdfghijklmnpqrsvwxyz0-curl-8";
  checks_of(manifest, "node") = {
      {"there", {{"type", "exec"}, {"command", {tool + "/bin/curl", "--config=" + kHelloPath}}}},
      {"here", {{"type", "exec"}, {"side", "pusher"}, {"command", {tool + "/bin/curl"}}}}};
  const auto parsed = parse_manifest(manifest);
  REQUIRE(parsed);
  const std::string name = "web";
  const std::vector<std::string> names{"system"};
  const NodeView view{name, parsed->nodes.at(name), parsed->settings, names, kNone};
  const auto plan = plan_node(view, {.checks = {"a.drv^out"}}, {}, base_request());
  REQUIRE(plan);
  REQUIRE(plan->builds.size() == 4);
  CHECK(plan->builds[1].closure.text() == tool);
  CHECK(plan->builds[1].stays_here);
  CHECK(description(plan->builds[2]) == "check there of node web (" + tool + ")");
  CHECK(plan->builds[3].closure.text() == kHelloPath);
  CHECK(plan->builds[3].installables == Words{"a.drv^out"});
  const auto unknown = plan_node(view, {}, {}, base_request());
  REQUIRE(unknown);
  CHECK(unknown->builds.size() == 1);
  const auto on_host = store_paths_on_host(plan->deployment.request.gate.checks);
  CHECK(on_host == std::vector<StorePath>{*StorePath::parse(tool), *StorePath::parse(kHelloPath)});
}

TEST_CASE("how a node would be judged is known without any closure", "[checks]") {
  auto manifest = small_manifest();
  level_of(manifest, "profile").erase("path");
  checks_of(manifest, "node") = {{"web", kWeb}};
  const auto parsed = parse_manifest(manifest);
  REQUIRE(parsed);
  const std::string name = "web";
  const std::vector<std::string> names{"system"};
  const NodeView view{name, parsed->nodes.at(name), parsed->settings, names, kNone};
  const auto judged = judgement_of(view, {}, base_request());
  REQUIRE(judged);
  CHECK(names_of(judged->request.gate.checks) == "web");
  CHECK(judged->address.destination == "web1");
  const auto wrong = judgement_of(view, {.gate = {.soak = seconds(400)}}, base_request());
  REQUIRE_FALSE(wrong);
  CHECK_THAT(wrong.error().message, ContainsSubstring("soak must be shorter"));
}
