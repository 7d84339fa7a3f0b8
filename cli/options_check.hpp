// SPDX-License-Identifier: MIT
// From what was typed to options that make sense together. Decides which flags belong together, and defaults
// that depend on others.
#pragma once

#include "cli/options_typed.hpp"

#include <string>

namespace switchback {

/// Errors: invalid_request.
[[nodiscard]] Result<Options> checked_options(const std::string& verb, Typed typed);

}  // namespace switchback
