// SPDX-License-Identifier: MIT
// Texts to the letter: files in tests/data, rewritten when SWITCHBACK_ACCEPT is set.
#pragma once

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace switchback::test {

/// `name` is the file's path in tests/data.
inline void check_text(const std::string& name, const std::string& text) {
  const std::string path = std::string(SWITCHBACK_TEST_DATA) + "/" + name;
  if (std::getenv("SWITCHBACK_ACCEPT") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream wanted;
  wanted << file.rdbuf();
  INFO(name);
  CHECK(text == wanted.str());
}

}  // namespace switchback::test
