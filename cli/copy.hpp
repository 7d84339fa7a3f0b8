// SPDX-License-Identifier: MIT
// Brings a closure to the host with nix, whose own words pass untouched. Decides nix's options; not whether
// the closure is a good one.
#pragma once

#include "activator/protocol/store_path.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

namespace switchback {

/// Errors: refused when `closure` is not in this machine's store, or when there is no nix.
[[nodiscard]] Status check_in_store(const StorePath& closure);
/// Errors: refused.
[[nodiscard]] Status copy_closure(const StorePath& closure, const SshRemote& host,
                                  const Interrupt& interrupt);
[[nodiscard]] Words nix_copy(const StorePath& closure, const std::string& destination);

}  // namespace switchback
