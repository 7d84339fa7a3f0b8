// SPDX-License-Identifier: MIT
// What a web server answers to one GET, and whether that is what was asked for. A redirection is an answer
// like any other: it is not followed.
#pragma once

#include "activator/probe/answer.hpp"
#include "activator/protocol/check_policy.hpp"

#include <chrono>

namespace switchback {

inline constexpr std::size_t kMaxBodyBytes = std::size_t{1024} * 1024;  // no more is read, nor searched

/// Blocks, `timeout` at most.
[[nodiscard]] ProbeAnswer ask_http(const HttpCheck& check, std::chrono::milliseconds timeout);

}  // namespace switchback
