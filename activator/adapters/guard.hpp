// SPDX-License-Identifier: MIT
// The one wrapper around every body that a C library or sdbus-c++ calls: no exception gets past it.
#pragma once

#include <spdlog/spdlog.h>

#include <exception>
#include <string_view>
#include <utility>

namespace switchback {

/// Runs `body`; logs what it throws. sdbus-c++ 1.2 would end the process, 2.x would swallow it, C cannot
/// unwind.
template <class Body>
bool guard(std::string_view doing, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return true;
  } catch (const std::exception& error) {
    try {
      spdlog::error("{}: {}", doing, error.what());
    } catch (...) {  // NOLINT(bugprone-empty-catch): nothing is left to tell it with
    }
  } catch (...) {
    try {
      spdlog::error("{}: an exception of unknown type", doing);
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  }
  return false;
}

}  // namespace switchback
