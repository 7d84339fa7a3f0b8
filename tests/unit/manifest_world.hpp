// SPDX-License-Identifier: MIT
// A small manifest to change in one place, and what it comes to.
#pragma once

#include "cli/manifest/manifest_json.hpp"
#include "cli/manifest/node_plan.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace switchback::test {

inline const std::string kSystemPath = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-system-1";
inline const std::string kHelloPath = "/nix/store/123456789abcdfghijklmnpqrsvwxyz0-hello-1";

/// No words for ssh from the command line.
inline const Words kNone{};

/// A node `web` at `web1` with a profile `system` of root.
[[nodiscard]] nlohmann::json small_manifest();
/// The same with a profile `hello` of the user hello.
[[nodiscard]] nlohmann::json two_profiles();

/// «deploy», «node» or «profile»: the object of that level, of node `web` and profile `system`.
[[nodiscard]] nlohmann::json& level_of(nlohmann::json& manifest, const std::string& level);

/// What the command line says of every activation, when it says nothing.
[[nodiscard]] ActivateRequest base_request();

/// The plan for node `web`; throws with the message of an error.
[[nodiscard]] NodePlan planned(const nlohmann::json& manifest, const Overrides& overrides = {});
/// What is said about a manifest that cannot be planned; empty when it can.
[[nodiscard]] std::string complaint_about(const nlohmann::json& manifest, const Overrides& overrides = {});

}  // namespace switchback::test
