// SPDX-License-Identifier: MIT
// What checks run: whether this machine has it, and what of it is in a nix store. Decides what in a command
// is a program or a store path; runs nothing.
#pragma once

#include "activator/protocol/check_policy.hpp"
#include "activator/protocol/store_path.hpp"

#include <string>
#include <vector>

namespace switchback {

/// Errors: refused when this machine has no program that a check of the pusher's side runs.
[[nodiscard]] Status check_programs(const Checks& checks);
/// The file that `word` means to this machine, as a program; empty when there is none.
[[nodiscard]] std::string find_program(const std::string& word);
/// What is named anywhere in the command of `check`, each once.
[[nodiscard]] std::vector<StorePath> store_paths_of(const CheckPolicy& check);
/// Likewise in all commands that the host runs.
[[nodiscard]] std::vector<StorePath> store_paths_on_host(const Checks& checks);

}  // namespace switchback
