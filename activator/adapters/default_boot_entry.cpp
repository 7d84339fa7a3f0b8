// SPDX-License-Identifier: MIT
#include "activator/adapters/default_boot_entry.hpp"

#include "activator/adapters/durable_file.hpp"

#include <unistd.h>

#include <sstream>

namespace switchback {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} * 1024;
constexpr std::string_view kInit = "init=";
constexpr std::string_view kProgram = "/init";

using Found = Result<std::optional<std::string>>;

/// The one file `name` of all partitions; none where there are two, of which only the firmware knows the
/// right one.
Found only_file(const BootPlaces& places, const std::string& name) {
  std::optional<std::string> found;
  for (const auto& partition : places.partitions) {
    auto text = read_file(partition + "/" + name, kMaxFile);
    if (!text) return text;
    if (*text && found) return std::optional<std::string>();
    if (*text) found = std::move(**text);
  }
  return found;
}

/// What stands behind the key, in the last line that has it.
std::string value_of(const std::string& text, const std::string& key) {
  std::string value;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    if (words >> first && first == key) std::getline(words >> std::ws, value);
  }
  const auto last = value.find_last_not_of(" \t\r");
  return last == std::string::npos ? "" : value.substr(0, last + 1);
}

std::optional<StorePath> system_in(const std::string& options) {
  std::istringstream words(options);
  for (std::string word; words >> word;) {
    if (!word.starts_with(kInit) || !word.ends_with(kProgram)) continue;
    const auto length = word.size() - kInit.size() - kProgram.size();
    if (const auto system = StorePath::parse(word.substr(kInit.size(), length))) return *system;
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<StorePath>> find_default_boot_system(const BootPlaces& places) {
  if (::access(places.chosen_default.c_str(), F_OK) == 0) return std::optional<StorePath>();
  const auto loader = only_file(places, "loader/loader.conf");
  if (!loader) return tl::make_unexpected(loader.error());
  if (!*loader) return std::optional<StorePath>();
  const auto name = value_of(**loader, "default");
  // A pattern means what sorts first among those that it matches.
  if (name.find_first_of("*?[/@") != std::string::npos || !name.ends_with(".conf"))
    return std::optional<StorePath>();
  const auto entry = only_file(places, "loader/entries/" + name);
  if (!entry) return tl::make_unexpected(entry.error());
  if (!*entry) return std::optional<StorePath>();
  return system_in(value_of(**entry, "options"));
}

}  // namespace switchback
