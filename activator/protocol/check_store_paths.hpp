// SPDX-License-Identifier: MIT
// What of checks is in a nix store: to be copied to who asks them, and to be kept there. Decides what in a
// command is a store path.
#pragma once

#include "activator/protocol/check_policy.hpp"
#include "activator/protocol/store_path.hpp"

#include <vector>

namespace switchback {

/// What is named anywhere in the command of `check`, each once.
[[nodiscard]] std::vector<StorePath> store_paths_of(const CheckPolicy& check);
/// Likewise in all commands that the host runs.
[[nodiscard]] std::vector<StorePath> store_paths_on_host(const Checks& checks);

}  // namespace switchback
