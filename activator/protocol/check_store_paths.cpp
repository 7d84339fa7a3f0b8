// SPDX-License-Identifier: MIT
#include "activator/protocol/check_store_paths.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace switchback {
namespace {

constexpr std::string_view kStore = "/nix/store/";
constexpr std::string_view kOfNames =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-._?=";  // Source: nix manual, «Store
                                                                             // Path»

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
