// SPDX-License-Identifier: MIT
// Whether somebody accepts a connection.
#pragma once

#include "activator/probe/answer.hpp"
#include "activator/protocol/check_policy.hpp"

#include <chrono>

namespace switchback {

/// Tries all addresses of the host at once; the first that accepts is the answer. Blocks, `timeout` at most
/// once the name is resolved.
[[nodiscard]] ProbeAnswer ask_tcp(const TcpCheck& check, std::chrono::milliseconds timeout);

}  // namespace switchback
