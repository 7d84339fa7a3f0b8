// SPDX-License-Identifier: MIT
// A word of the command line that nothing knows: what was probably meant.
#pragma once

#include "activator/protocol/error.hpp"

namespace CLI {
class App;
}

namespace switchback {

/// About the first word that `app`, which has just failed to parse, had left over.
[[nodiscard]] Error unknown_word(const CLI::App& app);

}  // namespace switchback
