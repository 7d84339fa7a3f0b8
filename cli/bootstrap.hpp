// SPDX-License-Identifier: MIT
// Brings an activator to a host that has none, and starts it: asks what the host is, refuses what cannot
// work, copies, installs. Decides the order; what is looked at is decided by bootstrap_host.hpp, what is done
// on the host by the script switchback-bootstrap that is copied with the activator.
#pragma once

#include "cli/bootstrap_host.hpp"
#include "cli/display.hpp"
#include "cli/remote.hpp"

#include <functional>
#include <string>
#include <vector>

namespace switchback {

struct Bootstrap {
  std::function<Result<ActivatorClosure>()> activator;  // called only where it is needed
  std::function<Status(const ActivatorClosure&)> copy;
  bool units = false;                // something of kind `units` is deployed
  std::vector<StorePath> unknown{};  // on the host alone: it is asked of which kind they are
  Words escalation{"sudo", "-n"};    // how the user who logs in becomes root
};

/// What is to be said in the end; empty where the host has an activator of its own. After a login. Errors:
/// refused, not_permitted, unavailable: nothing runs on the host that did not before.
[[nodiscard]] Result<std::string> bootstrap(const Bootstrap& what, Remote& remote, Display& display,
                                            const Interrupt& interrupt);

}  // namespace switchback
