// SPDX-License-Identifier: MIT
// The command lines of nix, from version 2.8 on: evaluating, building here or on the host, keeping, signing.
// Runs nothing.
#pragma once

#include "cli/manifest/selection.hpp"
#include "cli/ssh.hpp"

#include <string>
#include <vector>

namespace switchback {

/// `more` is what the user gave after `--`; deploy-rs appends it to nix eval, nix build and nix flake check,
/// too.
[[nodiscard]] Words nix_eval_flake(const std::string& flake, const std::string& function, const Words& more,
                                   const std::string& output = "deploy");
[[nodiscard]] Words nix_eval_file(const std::string& expression, const Words& more);

/// Prints which nix it is.
[[nodiscard]] Words nix_which_version();
[[nodiscard]] Words nix_flake_check(const std::string& flake, const Words& more);

/// Prints those of `closures` that are not in the store.
[[nodiscard]] Words nix_print_missing(const std::vector<std::string>& closures);
[[nodiscard]] Words nix_build(const Words& installables, const Words& more);
/// Makes `link` lead to `closure`, and keeps it from being collected.
[[nodiscard]] Words nix_keep(const std::string& closure, const std::string& link);
[[nodiscard]] Words nix_sign(const std::vector<std::string>& closures, const std::string& key_file);

/// remoteBuild: brings the derivation to the host, then has it built there. `destination` is [USER@]HOST.
/// Source: https://github.com/serokell/deploy-rs, src/push.rs.
[[nodiscard]] Words nix_copy_derivation(const std::string& installable, const std::string& destination);
[[nodiscard]] Words nix_build_on_host(const std::string& installable, const std::string& destination,
                                      const Words& more);

/// How `derivation` is named so that nix of `version` builds it. From 2.15 on its bare path means the
/// derivation itself; 2.8 takes nothing else.
[[nodiscard]] std::string installable(const Derivation& derivation, const std::string& version);

}  // namespace switchback
