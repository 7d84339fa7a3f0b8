// SPDX-License-Identifier: MIT
// Brings closures to the host with nix, whose own words pass untouched. Decides nix's options, and what to
// look at when it fails; not whether the closures are good ones.
#pragma once

#include "activator/protocol/store_path.hpp"
#include "cli/interrupt.hpp"
#include "cli/ssh_remote.hpp"

#include <functional>
#include <vector>

namespace switchback {

struct CopyOptions {
  bool fast_connection = false;   // the host downloads nothing itself
  bool check_signatures = false;  // the host does
};

/// Errors: refused when one of `closures` is not in this machine's store, or when there is no nix.
[[nodiscard]] Status check_in_store(const std::vector<StorePath>& closures, const Interrupt& interrupt);
/// Those of `paths` that are in this machine's store; none where nix cannot tell.
[[nodiscard]] std::vector<StorePath> those_in_store(const std::vector<StorePath>& paths,
                                                    const Interrupt& interrupt);
/// Copies while something else is done: called, what it returns waits for the end; dropped, it ends nix.
/// `host` and `interrupt` must outlive it. Errors of the call: refused.
[[nodiscard]] std::function<Status()> begin_copy(std::vector<StorePath> closures, SshRemote& host,
                                                 const CopyOptions& options, const Interrupt& interrupt);
/// Errors: refused.
[[nodiscard]] Status copy_closures(const std::vector<StorePath>& closures, SshRemote& host,
                                   const CopyOptions& options, const Interrupt& interrupt);
[[nodiscard]] Words nix_copy(const std::vector<StorePath>& closures, const std::string& destination,
                             const CopyOptions& options);

/// Why a copy failed, after nix has said on the terminal what went wrong: is there a nix at all?
[[nodiscard]] Error copy_failed(const std::vector<StorePath>& closures, Remote& host, const Waker* waker);
/// What `nix-store --version` on `host` tells. Errors: refused, with what to do, when there is none.
[[nodiscard]] Result<std::string> nix_version(Remote& host, const Waker* waker);

}  // namespace switchback
