// SPDX-License-Identifier: MIT
// Texts to the letter: files in tests/data/cli, rewritten when SWITCHBACK_ACCEPT is set. Times in them are
// UTC.
#pragma once

#include <string>

namespace switchback::test {

void check_golden(const std::string& name, const std::string& text);
/// No line is wider than a terminal of 80 columns, but for commands that are to be copied.
void check_width(const std::string& text);
/// From now on local time is UTC.
void use_utc();

}  // namespace switchback::test
