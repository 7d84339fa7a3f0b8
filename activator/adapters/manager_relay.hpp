// SPDX-License-Identifier: MIT
// A program of its own that joins a bus connection, on stdin and stdout, to PID 1's private socket: sdbus-c++
// knows buses alone, and opens a connection in a way that blocks, so that it cannot be served from the loop.
// Decides nothing but when it ends; what is said is bus_dialect.hpp's affair.
#pragma once

#include "activator/adapters/bus.hpp"
#include "activator/adapters/own_program.hpp"

#include <string>

namespace switchback {

inline constexpr const char* kManagerSocket = "/run/systemd/private";

/// The way to the manager at `socket` through this relay, as started by `program relay SOCKET`.
[[nodiscard]] BusWay way_to_manager(const std::string& program = own_program(),
                                    const std::string& socket = kManagerSocket);

/// Relays until one side hangs up; an exit status.
int run_manager_relay(const std::string& socket);

}  // namespace switchback
