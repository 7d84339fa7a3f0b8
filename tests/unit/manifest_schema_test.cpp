// SPDX-License-Identifier: MIT
// manifest.schema.json and the parser describe the same manifests: the same options at each level, of the
// same types, within the same limits.
#include "tests/support/catch.hpp"
#include "tests/unit/manifest_world.hpp"

#include <fstream>
#include <iterator>
#include <set>

using namespace switchback;
using namespace switchback::test;
using nlohmann::json;

namespace {

json read_schema() {
  std::ifstream file(SWITCHBACK_MANIFEST_SCHEMA);
  return json::parse(file);
}

const json kSchema = read_schema();

const json& resolved(const json& schema) {
  const auto reference = schema.find("$ref");
  if (reference == schema.end()) return schema;
  return resolved(kSchema.at(json::json_pointer(reference->get<std::string>().substr(1))));
}

/// The properties of an object's schema, with those that it has by reference.
std::map<std::string, json> properties(const json& schema) {
  std::map<std::string, json> out;
  const auto& here = resolved(schema);
  if (here.contains("properties")) {
    for (const auto& [name, property] : here["properties"].items()) out[name] = resolved(property);
  }
  for (const auto& part : here.value("allOf", json::array())) out.merge(properties(part));
  return out;
}

struct Place {
  Level level;
  json schema;
  std::string pointer;  // where such an object is in small_manifest()
};

std::vector<Place> places() {
  const auto node = properties(kSchema).at("nodes").at("additionalProperties");
  const auto profile = properties(node).at("profiles").at("additionalProperties");
  return {{Level::deploy, kSchema, ""},
          {Level::node, node, "/nodes/web"},
          {Level::profile, profile, "/nodes/web/profiles/system"},
          {Level::gate, properties(kSchema).at("gate"), "/gate"},
          {Level::check,
           resolved(properties(properties(kSchema).at("gate")).at("checks").at("additionalProperties")),
           "/gate/checks/web"}};
}

bool has_type(const json& schema, const std::string& type) {
  const auto types = schema.value("type", json());
  if (types.is_string()) return types == type || (types == "number" && type == "integer");
  return std::any_of(types.begin(), types.end(),
                     [&](const json& one) { return one == type || (one == "number" && type == "integer"); });
}

bool accepted(const Place& place, const std::string& option, const json& value) {
  auto manifest = small_manifest();
  manifest[json::json_pointer(place.pointer + "/" + option)] = value;
  return parse_manifest(manifest).has_value();
}

bool has_items(const json& schema, const std::string& type) {
  return schema.contains("items") && schema["items"].value("type", "") == type;
}

/// A value of `type` that `schema` takes, if it takes the type.
json sample(const json& schema, const std::string& type) {
  if (type == "string") {
    if (schema.contains("enum")) return schema["enum"][0];
    return schema.contains("examples") ? schema["examples"][0] : json("x");
  }
  if (type == "integer") return 7;
  if (type == "number") return 7.5;
  if (type == "boolean") return true;
  if (type == "array") return json::array({has_items(schema, "integer") ? json(7) : json("x")});
  if (type == "object") return json::object();
  return nullptr;
}

}  // namespace

TEST_CASE("the schema and the parser know the same options at each level", "[schema]") {
  CHECK(kSchema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  for (const auto& place : places()) {
    INFO("at " << (place.pointer.empty() ? "/" : place.pointer));
    std::set<std::string> described;
    for (const auto& [name, property] : properties(place.schema)) {
      described.insert(name);
      INFO(name);
      CHECK(property.contains("description"));
    }
    const auto known = known_options(place.level);
    CHECK(described == std::set<std::string>(known.begin(), known.end()));
    const auto& object = resolved(place.schema);
    const bool closed = object.value("unevaluatedProperties", true) == false ||
                        object.value("additionalProperties", true) == false;
    CHECK(closed);
  }
}

TEST_CASE("the schema and the parser agree about types", "[schema]") {
  const std::set<std::string> required{"nodes", "hostname", "profiles"};
  for (const auto& place : places()) {
    for (const auto& [name, property] : properties(place.schema)) {
      for (const auto* type : {"string", "integer", "number", "boolean", "array", "object", "null"}) {
        INFO(place.pointer << "/" << name << " as " << type);
        CHECK(accepted(place, name, sample(property, type)) == has_type(property, type));
      }
      CHECK(has_type(property, "null") != required.contains(name));
    }
  }
}

TEST_CASE("the schema and the parser agree about limits and words", "[schema]") {
  for (const auto& place : places()) {
    for (const auto& [name, property] : properties(place.schema)) {
      INFO(place.pointer << "/" << name);
      if (property.contains("maximum")) {
        CHECK(accepted(place, name, property["maximum"]));
        CHECK_FALSE(accepted(place, name, property["maximum"].get<int>() + 1));
        CHECK(accepted(place, name, property["minimum"]));
        CHECK_FALSE(accepted(place, name, property["minimum"].get<int>() - 1));
      }
      for (const auto& word : property.value("enum", json::array())) CHECK(accepted(place, name, word));
      if (property.contains("enum")) CHECK_FALSE(accepted(place, name, "another"));
      if (has_items(property, "string")) CHECK_FALSE(accepted(place, name, json::array({7})));
      if (has_items(property, "integer")) CHECK_FALSE(accepted(place, name, json::array({"7"})));
    }
  }
}

TEST_CASE("the manual names every option", "[schema]") {
  std::ifstream file(SWITCHBACK_MANIFEST_MANUAL);
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  for (const auto level : {Level::deploy, Level::node, Level::profile, Level::gate, Level::check}) {
    for (const auto& option : known_options(level)) {
      INFO(option);
      CHECK((manual.find("\n.BR " + option + " \" (") != std::string::npos ||
             manual.find("), \" " + option + " \" (") != std::string::npos));
    }
  }
}

TEST_CASE("what the schema requires is required", "[schema]") {
  for (const auto& place : places()) {
    for (const auto& name : resolved(place.schema).value("required", json::array())) {
      INFO(place.pointer << "/" << name);
      auto manifest = small_manifest();
      manifest[json::json_pointer(place.pointer)].erase(name.get<std::string>());
      CHECK_FALSE(complaint_about(manifest).empty());
    }
  }
}
