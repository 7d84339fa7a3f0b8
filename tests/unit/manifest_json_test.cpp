// SPDX-License-Identifier: MIT
// What is said about a manifest that is wrong, and where.
#include "cli/manifest/manifest_json.hpp"

#include "activator/protocol/gate_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/manifest_world.hpp"

#include <algorithm>

using namespace switchback;
using namespace switchback::test;
using nlohmann::json;

namespace {

std::string said_of(const json& manifest) {
  const auto parsed = parse_manifest(manifest);
  if (parsed) return "";
  CHECK(parsed.error().code == Errc::invalid_request);
  return parsed.error().message;
}

/// With `value` at `pointer` of a manifest that is good without.
std::string said_with(const std::string& pointer, const json& value) {
  auto manifest = small_manifest();
  manifest[json::json_pointer(pointer)] = value;
  return said_of(manifest);
}

}  // namespace

TEST_CASE("a misspelt option is an error that names the nearest", "[manifest]") {
  const auto hint = [](const std::string& where) {
    return where + "magicRolback: is not known here; did you mean magicRollback?";
  };
  CHECK(said_with("/magicRolback", false) == hint(""));
  CHECK(said_with("/nodes/web/magicRolback", false) == hint("nodes.web."));
  CHECK(said_with("/nodes/web/profiles/system/magicRolback", false) == hint("nodes.web.profiles.system."));
  CHECK(said_with("/gate", {{"soaks", 1}}) == "gate.soaks: is not known here; did you mean soak?");
  CHECK(said_with("/nodes/web/qqqqqqqq", 1) == "nodes.web.qqqqqqqq: is not known here");
}

TEST_CASE("an option at a level that does not have it is told where it belongs", "[manifest]") {
  CHECK(said_with("/hostname", "x") == "hostname: is not known here; it is an option of a node");
  CHECK(said_with("/nodes/web/path", "x") ==
        "nodes.web.path: is not known here; it is an option of a profile");
  CHECK(said_with("/nodes/web/soak", 3) == "nodes.web.soak: is not known here; it is an option of gate");
  CHECK(said_with("/nodes/web/nodes", json::object()) ==
        "nodes.web.nodes: is not known here; it is an option of deploy itself");
  CHECK(said_with("/nodes/web/profiles/system/tags", json::array()) ==
        "nodes.web.profiles.system.tags: is not known here; it is an option of a node");
}

TEST_CASE("a value of a wrong type, or out of range, is told with its path", "[manifest]") {
  CHECK(said_with("/nodes/web/sshUser", 3) == "nodes.web.sshUser: expected a string");
  CHECK(said_with("/sshOpts", "-p 22") == "sshOpts: expected an array");
  CHECK(said_with("/sshOpts", json::array({22})) == "sshOpts: expected an array of strings");
  CHECK(said_with("/nodes/web/profiles/system/autoRollback", "no") ==
        "nodes.web.profiles.system.autoRollback: expected true or false");
  CHECK(said_with("/confirmTimeout", 1.5) == "confirmTimeout: expected a whole number");
  CHECK(said_with("/confirmTimeout", 65536) == "confirmTimeout: expected a number from 0 to 65535");
  CHECK(said_with("/activationTimeout", -1) == "activationTimeout: expected a number from 0 to 65535");
  CHECK(said_with("/confirm", "always") == "confirm: «always» is none of auto, manual, none");
  CHECK(said_with("/nodes/web/profiles/system/kind", "exe") ==
        "nodes.web.profiles.system.kind: «exe» is none of units, nixos, script");
  CHECK(said_with("/nodes/web/gate", 3) == "nodes.web.gate: expected an object");
  CHECK(said_with("/nodes/web/gate", {{"flapLimit", 0}}) ==
        "nodes.web.gate.flapLimit: expected a number from 1 to 1000");
  CHECK(said_with("/nodes", json::array()) == "nodes: expected an object");
  CHECK(said_with("/nodes/web", "web1") == "nodes.web: expected an object");
  CHECK(said_of(7) == "the document: expected an object");
}

TEST_CASE("what must be there is asked for", "[manifest]") {
  CHECK(said_of(json::object()) == "nodes: is missing");
  CHECK(said_with("/nodes/web", {{"profiles", json::object()}}) == "nodes.web.hostname: is missing");
  CHECK(said_with("/nodes/web", {{"hostname", "web1"}}) == "nodes.web.profiles: is missing");
  CHECK(said_with("/nodes", json::object()).empty());
}

TEST_CASE("names with dots are quoted in a path, and impossible names refused", "[manifest]") {
  CHECK(said_with("/nodes/web.example.org", 7) == "nodes.\"web.example.org\": expected an object");
  for (const std::string name : {"a~1b", ".", "..", ""}) {
    INFO(name);
    CHECK_FALSE(said_with("/nodes/" + name, small_manifest()["nodes"]["web"]).empty());
  }
  CHECK_FALSE(said_with("/nodes/web/profiles/a b", {{"path", kHelloPath}}).empty());
}

TEST_CASE("a path that is no store path is told as such", "[manifest]") {
  CHECK(said_with("/nodes/web/profiles/system/path", "./result") ==
        "nodes.web.profiles.system.path: «./result» is not a store path: it does not begin with /nix/store/");
}

TEST_CASE("confirm and magicRollback of one level must agree", "[manifest]") {
  const std::string said =
      "confirm: says something else than magicRollback beside it; leave out one of the two";
  const auto both = [](const char* confirm, bool magic) {
    auto manifest = small_manifest();
    manifest["confirm"] = confirm;
    manifest["magicRollback"] = magic;
    return said_of(manifest);
  };
  CHECK(both("manual", false) == said);
  CHECK(both("auto", false) == said);
  CHECK(both("none", true) == said);
  CHECK(both("none", false).empty());
  CHECK(both("manual", true).empty());
}

TEST_CASE("null says nothing, as in Nix", "[manifest]") {
  auto manifest = small_manifest();
  for (const auto* level : {"deploy", "node", "profile"}) {
    for (const auto& option : known_options(Level::gate)) level_of(manifest, level)["gate"][option] = nullptr;
    for (const auto* option : {"sshUser", "sshOpts", "confirm", "magicRollback", "confirmTimeout", "sudo"}) {
      level_of(manifest, level)[option] = nullptr;
    }
  }
  CHECK(said_of(manifest).empty());
}

TEST_CASE("a manifest knows every option of the gate that a request has", "[manifest]") {
  auto known = known_options(Level::gate);
  std::vector<std::string> of_request;
  GatePolicy policy;  // what is as usual is not said
  policy.prefailing = Prefailing::tolerate;
  policy.checks["web"].question = UnitCheck{"web.service"};
  const auto request = to_json(policy);
  for (const auto& [name, value] : request.items()) of_request.push_back(name);
  std::sort(known.begin(), known.end());
  CHECK(known == of_request);
  for (const int limit : {1, 1000, 1001}) {
    INFO(limit);
    const bool good = said_with("/gate", {{"flapLimit", limit}}).empty();
    CHECK(good == parse_gate_policy({{"flapLimit", limit}}, "gate").has_value());
  }
}
