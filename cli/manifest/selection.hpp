// SPDX-License-Identifier: MIT
// Which nodes and profiles are meant, out of those that there are. Decides how a name that is not there is
// answered; not what a node is.
#pragma once

#include "cli/manifest/target.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// What is wanted of one manifest.
struct Selection {
  struct Wanted {
    std::string node;
    std::vector<std::string> profiles;  // all when empty
    bool operator==(const Wanted&) const = default;
  };
  bool all = false;             // every node, those of `nodes` first
  std::vector<Wanted> nodes{};  // in the order of the targets, no node twice
  bool operator==(const Selection&) const = default;

  /// How `node` is wanted; nullptr when it is not, or as one of all.
  [[nodiscard]] const Wanted* find(const std::string& node) const;
};
[[nodiscard]] Selection selection_of(const std::vector<Target>& targets);

struct Derivation {
  std::string path;    // /nix/store/….drv
  std::string output;  // `out`
  bool operator==(const Derivation&) const = default;
};

/// What a network of another tool says and a manifest cannot.
struct LeftOut {
  std::string what;     // «web: deployment.keys.cert»
  std::string instead;  // what takes its place
  bool operator==(const LeftOut&) const = default;
};

/// A manifest with nothing in it but what is wanted.
struct Evaluated {
  nlohmann::json deploy;
  std::vector<std::string> nodes{};                            // the names of all that there are
  std::map<std::string, std::vector<std::string>> profiles{};  // likewise, of each selected node
  /// From node and profile to what its `path` is built from; nothing for a path that is just a path.
  std::map<std::string, std::map<std::string, std::vector<Derivation>>> derivations{};
  /// Likewise what the checks of its gate run.
  std::map<std::string, std::map<std::string, std::vector<Derivation>>> check_derivations{};
  std::string nix_version{};  // empty when nix was not asked
  std::string kind{};         // «colmena hive»; empty: it is a manifest
  std::vector<LeftOut> left{};
};

/// Errors: invalid_request for a node or a profile that is not there, with the nearest names.
[[nodiscard]] Status check_selection(const Selection& selection, const Evaluated& evaluated);
/// The selected nodes of `evaluated`, in the order in which they are deployed to.
[[nodiscard]] std::vector<std::string> selected_nodes(const Selection& selection, const Evaluated& evaluated);
/// A whole manifest, reduced to what is wanted.
[[nodiscard]] Evaluated select(const nlohmann::json& deploy, const Selection& selection);

}  // namespace switchback
