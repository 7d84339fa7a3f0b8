// SPDX-License-Identifier: MIT
#include "activator/adapters/boot_entries.hpp"

#include <nlohmann/json.hpp>

#include <sstream>
#include <vector>

namespace switchback {
namespace {

using nlohmann::json;

/// `text` as JSON objects: those of one array, as newer versions of bootctl write them, or one after the
/// other, as that of systemd 252 does.
std::vector<json> objects_in(const std::string& text) {
  const auto value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_array()) return value.get<std::vector<json>>();
  std::vector<json> objects;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    objects.push_back(json::parse(line, nullptr, /*allow_exceptions=*/false));
  }
  return objects;
}

/// Among words that are separated by blanks.
bool has_word(const std::string& text, const std::string& wanted) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == wanted) return true;
  }
  return false;
}

std::string starts(const StorePath& system) { return "init=" + system.text() + "/init"; }

std::string string_at(const json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string stripped(const std::string& line) {
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

/// The title of «menuentry "TITLE" … {», in quotes of either kind; empty: the line is none.
std::string title_of(const std::string& line) {
  for (const std::string keyword : {"menuentry", "submenu"}) {
    if (!line.starts_with(keyword + " ")) continue;
    const auto begin = line.find_first_of("\"'", keyword.size());
    const auto end = begin == std::string::npos ? begin : line.find(line[begin], begin + 1);
    if (end != std::string::npos) return line.substr(begin + 1, end - begin - 1);
  }
  return "";
}

std::string joined(const std::vector<std::string>& titles) {
  std::string path;
  for (const auto& title : titles) {
    if (title.empty()) continue;  // of a function or such
    if (!path.empty()) path += '>';
    for (const char c : title) path += c == '>' ? ">>" : std::string(1, c);
  }
  return path;
}

}  // namespace

std::optional<std::string> find_systemd_boot_entry(const std::string& listed, const StorePath& system) {
  for (const auto& entry : objects_in(listed)) {
    if (!entry.is_object() || !has_word(string_at(entry, "options"), starts(system))) continue;
    if (auto id = string_at(entry, "id"); !id.empty()) return id;
  }
  return std::nullopt;
}

std::optional<std::string> find_grub_entry(const std::string& config, const StorePath& system) {
  std::istringstream lines(config);
  std::vector<std::string> titles;  // of the blocks that the line is in
  for (std::string text; std::getline(lines, text);) {
    const auto line = stripped(text);
    if (line.ends_with('{'))
      titles.push_back(title_of(line));
    else if (line == "}" && !titles.empty())
      titles.pop_back();
    else if (line.starts_with("linux") && !joined(titles).empty() && has_word(line, starts(system)))
      return joined(titles);
  }
  return std::nullopt;
}

}  // namespace switchback
