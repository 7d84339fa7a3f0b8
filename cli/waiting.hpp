// SPDX-License-Identifier: MIT
// Waiting for a host that another activation holds. Decides how its end is found out; there is no queue: who
// asks first afterwards is next.
#pragma once

#include "activator/protocol/status.hpp"
#include "cli/display.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

namespace switchback {

/// Who holds the host, in which phase, until when.
[[nodiscard]] Error busy(const ActivationStatus& holder);

/// Watches what runs until nothing does, and tells of it. Returns the host as it is then. Errors: busy at
/// `deadline`; refused when interrupted; unavailable when the host does not come back.
[[nodiscard]] Result<HostStatus> await_free(Remote& remote, Display& display, const Interrupt& interrupt,
                                            Clock::time_point deadline);

}  // namespace switchback
