// SPDX-License-Identifier: MIT
#include "activator/adapters/own_program.hpp"

#include <cstdlib>
#include <string_view>

namespace switchback {
namespace {

constexpr std::string_view kInPrefix = "/bin/switchback-activator";

/// Empty: nobody says so, or not in a way that could be relied on.
std::string wrapper() {
  const char* said = std::getenv(kProgramVariable);
  const std::string path = said != nullptr ? said : "";
  return path.starts_with('/') && path.ends_with(kInPrefix) ? path : "";
}

}  // namespace

std::string own_program() {
  const auto path = wrapper();
  return path.empty() ? "/proc/self/exe" : path;
}

std::string own_probe(const std::string& installed) {
  const auto path = wrapper();
  if (path.empty()) return installed;
  return path.substr(0, path.size() - kInPrefix.size()) + "/lib/switchback/switchback-probe";
}

}  // namespace switchback
