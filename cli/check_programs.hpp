// SPDX-License-Identifier: MIT
// What is said of checks that are not made yet, and what those of the pusher's side run: whether this machine
// has it. Runs nothing.
#pragma once

#include "activator/protocol/check_policy.hpp"

#include <string>

namespace switchback {

/// Errors: refused when this machine has no program that a check of the pusher's side runs.
[[nodiscard]] Status check_programs(const Checks& checks);
/// «db, smoke (from here)».
[[nodiscard]] std::string names_of_checks(const Checks& checks);
/// The file that `word` means to this machine, as a program; empty when there is none.
[[nodiscard]] std::string find_program(const std::string& word);

}  // namespace switchback
