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

constexpr std::string_view kStore = "/nix/store/";
constexpr std::string_view kOfNames =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-._?=";  // Source: nix manual, «Store
                                                                             // Path»

bool is_program(const std::string& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode) && access(path.c_str(), X_OK) == 0;
}

void add_new(std::vector<StorePath>& paths, StorePath path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
}

void add_paths_in(std::string_view word, std::vector<StorePath>& paths) {
  for (auto at = word.find(kStore); at != std::string_view::npos; at = word.find(kStore, at + 1)) {
    const auto end = std::min(word.find_first_not_of(kOfNames, at + kStore.size()), word.size());
    if (auto path = StorePath::parse(word.substr(at, end - at))) add_new(paths, std::move(*path));
  }
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

std::vector<StorePath> store_paths_of(const CheckPolicy& check) {
  std::vector<StorePath> paths;
  const auto* exec = std::get_if<ExecCheck>(&check.question);
  if (exec == nullptr) return paths;
  for (const auto& word : exec->command) add_paths_in(word, paths);
  return paths;
}

std::vector<StorePath> store_paths_on_host(const Checks& checks) {
  std::vector<StorePath> paths;
  for (const auto& [name, check] : checks) {
    if (check.side != CheckSide::host) continue;
    for (auto& path : store_paths_of(check)) add_new(paths, std::move(path));
  }
  return paths;
}

}  // namespace switchback
