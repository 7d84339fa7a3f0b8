// SPDX-License-Identifier: MIT
// What a network of another tool comes to: a manifest in JSON, with what its closures are built from, and the
// list of what it could not carry over. Decides how that is told; what is carried over is decided in
// nix/ways.
#pragma once

#include "cli/manifest/evaluate.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace switchback {

struct Imported {
  std::string kind;  // «colmena hive»
  nlohmann::json manifest;
  std::vector<LeftOut> left{};
};

/// Nothing is built. Errors: as evaluate_network(); invalid_request also for what no manifest can say, as a
/// machine's name with a slash.
[[nodiscard]] Result<Imported> import_network(const std::vector<std::string>& files,
                                              const Words& nix_arguments, const Interrupt& interrupt);
/// The same, once nix has answered. `name` is what people call the network.
[[nodiscard]] Result<Imported> imported_from(Evaluated evaluated, const std::string& name);

/// Lines for a person.
[[nodiscard]] std::string summary_of(const Imported& imported, const std::string& name);

}  // namespace switchback
