// SPDX-License-Identifier: MIT
// Runs nix with its standard error where the user sees it, and reads what it prints. Decides what it means
// that nix did not succeed; not what it was asked.
#pragma once

#include "cli/interrupt.hpp"
#include "cli/process.hpp"
#include "cli/ssh.hpp"

#include <chrono>
#include <string>

namespace switchback {

struct NixRun {
  std::chrono::seconds limit;
  bool read_output = false;
  std::map<std::string, std::string> environment = {};
};

struct NixAnswer {
  int status = 0;
  std::string output{};
};

/// Errors: refused when there is no nix, when it takes longer than the limit, or after Ctrl-C; not that nix
/// itself fails, which is in the answer's status.
[[nodiscard]] Result<NixAnswer> run_nix(const Words& words, const NixRun& run, const Interrupt& interrupt);

}  // namespace switchback
