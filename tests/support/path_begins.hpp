// SPDX-License-Identifier: MIT
// Programs of a test in the place of the machine's.
#pragma once

#include <cstdlib>
#include <string>

namespace switchback::test {

/// Finds `directory`'s programs before all others while it lives.
class PathBegins {
 public:
  explicit PathBegins(const std::string& directory) : before_(std::getenv("PATH")) {
    ::setenv("PATH", (directory + ":" + before_).c_str(), 1);
  }
  ~PathBegins() { ::setenv("PATH", before_.c_str(), 1); }
  PathBegins(const PathBegins&) = delete;
  PathBegins& operator=(const PathBegins&) = delete;

 private:
  std::string before_;
};

}  // namespace switchback::test
