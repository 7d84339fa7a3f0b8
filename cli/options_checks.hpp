// SPDX-License-Identifier: MIT
// A check as it is written on the command line. Decides the short forms; what a check may say is decided by
// protocol/check_policy.hpp.
#pragma once

#include "cli/check_says.hpp"

#include <string>
#include <string_view>

namespace switchback {

/// `[NAME=]WHAT` with WHAT one of http://…, https://…, tcp:HOST:PORT, unit:UNIT, dbus:NAME, exec:WORDS,
/// pusher:WORDS, a JSON object as in a manifest, or null. Without NAME a check is called what it asks.
/// Errors: invalid_request.
[[nodiscard]] Result<CheckSays> parse_check_words(std::string_view text);

}  // namespace switchback
