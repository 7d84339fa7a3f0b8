// SPDX-License-Identifier: MIT
// The flags of deploy alone: what is built, checked and copied. All that deploy-rs has are taken, with its
// meanings, its long and its short names; some of them have nothing to do here.
// Source: https://github.com/serokell/deploy-rs, src/cli.rs.
#pragma once

#include "cli/options_typed.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace switchback {

void add_deploy(CLI::App& verb, Typed& typed);

/// A sentence for each flag that was given and changes nothing.
[[nodiscard]] std::vector<std::string> idle_flags(const Overrides& overrides);

}  // namespace switchback
