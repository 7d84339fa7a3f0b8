// SPDX-License-Identifier: MIT
// Templates of texts, in tests.
#pragma once

#include <string>

namespace switchback::test {

/// `text` with each `what` in it turned into `with`.
inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace switchback::test
