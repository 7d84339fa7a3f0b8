// SPDX-License-Identifier: MIT
// Reads a manifest: which options there are at which level, and of which type. What is not known is an error
// that names the nearest known option: nothing is ignored. The same set is described by manifest.schema.json.
#pragma once

#include "cli/manifest/manifest.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace switchback {

/// Errors: invalid_request, with the path in the document: «nodes.web.hostname: is missing».
[[nodiscard]] Result<Manifest> parse_manifest(const nlohmann::json& document);

enum class Level { deploy, node, profile, gate, check };
/// The options that are read at `level`.
[[nodiscard]] std::vector<std::string> known_options(Level level);

}  // namespace switchback
