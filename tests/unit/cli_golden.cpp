// SPDX-License-Identifier: MIT
#include "tests/unit/cli_golden.hpp"

#include "cli/text.hpp"
#include "tests/support/golden.hpp"

#include <ctime>
#include <sstream>

namespace switchback::test {

void check_golden(const std::string& name, const std::string& text) { check_text("cli/" + name, text); }

void check_width(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool to_copy = line.starts_with("    switchback ") || line.starts_with("    ln ");
    if (to_copy) continue;
    INFO(line);
    CHECK(columns(line) <= 80);
  }
}

void use_utc() {
  setenv("TZ", "UTC", 1);
  tzset();
}

}  // namespace switchback::test
