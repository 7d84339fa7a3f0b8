// SPDX-License-Identifier: MIT
// A program that is waited for at once, in the few places where there is nothing else to do meanwhile.
// Decides nothing that child_process.hpp does not: the loop here is the program's own.
#pragma once

#include "activator/adapters/child_process.hpp"

namespace switchback {

/// Runs `command` to its end, `command.deadline` at most; blocks. Errors: io when it cannot be started.
[[nodiscard]] Result<ChildResult> run_briefly(const ChildCommand& command);

}  // namespace switchback
