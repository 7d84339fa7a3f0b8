// SPDX-License-Identifier: MIT
// Joins standard input and output to the activator's socket, for a pusher at the other end of ssh. Carries
// bytes and knows nothing of the protocol.
#pragma once

#include <string>

namespace switchback {

inline constexpr int kBridgeNoActivator = 1;
inline constexpr int kBridgeNotPermitted = 77;  // EX_NOPERM of sysexits.h: the command then tries sudo

/// Runs until the socket is closed by the activator, or nobody reads standard output any more. Returns the
/// exit status; what went wrong is on standard error.
int run_bridge();
/// The same on a socket elsewhere.
int run_bridge(const std::string& socket_path);

}  // namespace switchback
