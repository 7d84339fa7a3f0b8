// SPDX-License-Identifier: MIT
// The Nix expressions that pick out of a `deploy` attribute set what is wanted, and nothing else: what is not
// selected is not evaluated, so it costs nothing and may be broken. Works from nix 2.8 on.
#pragma once

#include "cli/manifest/selection.hpp"

#include <string>
#include <vector>

namespace switchback {

enum class Want {
  closures,   // everything
  addresses,  // all but what is to be activated, which is what takes long
};

/// A function of `deploy`; what it returns is read by parse_evaluated().
[[nodiscard]] std::string selecting_function(const Selection& selection, Want want);
/// That function, applied to the `deploy` of a file. Source: https://github.com/serokell/deploy-rs,
/// src/cli.rs. A file without one is read as a network of another tool, by the code in `ways` (empty: not).
[[nodiscard]] std::string file_expression(const std::string& absolute_file, const std::string& function,
                                          const std::string& ways = "");
/// That function, applied to what the code in `ways` makes of a network of another tool.
[[nodiscard]] std::string network_expression(const std::vector<std::string>& absolute_files,
                                             const std::string& function, const std::string& ways);
/// That function as one of a flake's nixosConfigurations: each a node of its name, with its system alone.
[[nodiscard]] std::string of_systems(const std::string& function);
/// Errors: invalid_request when `output` is not what that function returns, or tells that a network is none.
[[nodiscard]] Result<Evaluated> parse_evaluated(const std::string& output);

/// `text` as a Nix string.
[[nodiscard]] std::string nix_string(const std::string& text);

}  // namespace switchback
