// SPDX-License-Identifier: MIT
// What a TARGET names: where the manifest is, and which of its nodes and profiles are meant. Decides how it
// is spelt; whether there is such a node is decided by selection.hpp.
#pragma once

#include "activator/protocol/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchback {

struct Target {
  std::string flake = ".";            // not used with --file
  std::optional<std::string> node{};  // every node when absent
  std::optional<std::string> profile{};
  bool system = false;  // `node` is one of the flake's nixosConfigurations; no `deploy` is asked for
  bool operator==(const Target&) const = default;
};

/// `FLAKE[#NODE[.PROFILE]]`; a name with dots is quoted: `.#"web.example.org".system`. Or
/// `FLAKE#nixosConfigurations.NAME`.
/// Errors: invalid_request. Source: https://github.com/serokell/deploy-rs, src/lib.rs, parse_flake.
[[nodiscard]] Result<Target> parse_target(std::string_view text);
/// `NODE[.PROFILE]`, as a TARGET is with --file; nothing or a dot alone means every node.
[[nodiscard]] Result<Target> parse_attribute(std::string_view text);
/// Each of `texts`; as attributes with --file.
[[nodiscard]] Result<std::vector<Target>> parse_targets(const std::vector<std::string>& texts,
                                                        bool attributes);

/// `name`, as it is written in a TARGET or in an attribute path: with quotes if it needs them.
[[nodiscard]] std::string attribute_text(const std::string& name);

}  // namespace switchback
