// SPDX-License-Identifier: MIT
// From what is given as --path to the store path that is meant.
#pragma once

#include "activator/protocol/store_path.hpp"

#include <string>

namespace switchback {

/// `text` is a store path, or a link to one such as ./result. Errors: invalid_request.
[[nodiscard]] Result<StorePath> resolve_closure(const std::string& text);

}  // namespace switchback
