// SPDX-License-Identifier: MIT
#include "cli/check_programs.hpp"

#include "cli/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace switchback {
namespace {

bool is_program(const std::string& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

Status check_programs(const Checks& checks) {
  for (const auto& [name, check] : checks) {
    const auto* exec = std::get_if<ExecCheck>(&check.question);
    if (check.side != CheckSide::pusher || exec == nullptr) continue;
    const auto& program = exec->command.front();
    if (!find_program(program).empty()) continue;
    return fail(Errc::refused, "check " + printable(name) +
                                   " from the pusher's side: this machine has no program «" +
                                   printable(program) + "»");
  }
  return {};
}

std::string names_of_checks(const Checks& checks) {
  std::string names;
  for (const auto& [name, check] : checks) {
    names += (names.empty() ? "" : ", ") + printable(name);
    if (check.side == CheckSide::pusher) names += " (from here)";
  }
  return names;
}

std::string find_program(const std::string& word) {
  if (word.find('/') != std::string::npos) return is_program(word) ? word : "";
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : "/usr/bin:/bin";
  for (;;) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto directory = rest.substr(0, colon);
    const auto path = (directory.empty() ? "." : std::string(directory)) + "/" + word;
    if (is_program(path)) return path;
    if (colon == rest.size()) return "";
    rest.remove_prefix(colon + 1);
  }
}

}  // namespace switchback
