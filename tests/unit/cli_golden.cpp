// SPDX-License-Identifier: MIT
#include "tests/unit/cli_golden.hpp"

#include "cli/text.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

namespace switchback::test {

void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(SWITCHBACK_TEST_DATA) + "/cli/" + name;
  if (std::getenv("SWITCHBACK_ACCEPT") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream wanted;
  wanted << file.rdbuf();
  CHECK(text == wanted.str());
}

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
