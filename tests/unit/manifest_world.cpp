// SPDX-License-Identifier: MIT
#include "tests/unit/manifest_world.hpp"

#include <stdexcept>

namespace switchback::test {
namespace {

Result<NodePlan> plan(const nlohmann::json& document, const Overrides& overrides) {
  const auto manifest = parse_manifest(document);
  if (!manifest) return tl::make_unexpected(manifest.error());
  const std::string name = "web";
  std::vector<std::string> names;
  Installables installables;
  for (const auto& [profile, value] : document["nodes"][name]["profiles"].items()) {
    names.push_back(profile);
    installables.closures[profile] = {"/nix/store/" + profile + ".drv^out"};
  }
  return plan_node({name, manifest->nodes.at(name), manifest->settings, names, kNone}, installables,
                   overrides, base_request());
}

}  // namespace

nlohmann::json small_manifest() {
  return {
      {"nodes",
       {{"web",
         {{"hostname", "web1"}, {"profiles", {{"system", {{"path", kSystemPath}, {"user", "root"}}}}}}}}}};
}

nlohmann::json two_profiles() {
  auto manifest = small_manifest();
  manifest["nodes"]["web"]["profiles"]["hello"] = {{"path", kHelloPath}, {"user", "hello"}};
  return manifest;
}

nlohmann::json& level_of(nlohmann::json& manifest, const std::string& level) {
  if (level == "deploy") return manifest;
  auto& node = manifest["nodes"]["web"];
  return level == "node" ? node : node["profiles"]["system"];
}

ActivateRequest base_request() {
  return {.id = *ActivationId::parse("0123456789abcdef0123456789abcdef"),
          .changes = {},
          .gate = {},
          .note = "from a test"};
}

NodePlan planned(const nlohmann::json& manifest, const Overrides& overrides) {
  auto made = plan(manifest, overrides);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

std::string complaint_about(const nlohmann::json& manifest, const Overrides& overrides) {
  const auto made = plan(manifest, overrides);
  return made ? "" : made.error().message;
}

}  // namespace switchback::test
