// SPDX-License-Identifier: MIT
// The exit status that belongs to a failure. That of an outcome is in protocol/vocabulary.hpp.
#pragma once

#include "activator/protocol/error.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <vector>

namespace switchback {

/// For a failure that came before the host began anything, or of a query.
[[nodiscard]] ExitStatus exit_status(Errc code);
/// What counts most of how several nodes have ended: the first that occurred of 4 7 3 8 6 5 1.
[[nodiscard]] ExitStatus worst(const std::vector<ExitStatus>& statuses);
[[nodiscard]] constexpr int number(ExitStatus status) { return static_cast<int>(status); }

}  // namespace switchback
