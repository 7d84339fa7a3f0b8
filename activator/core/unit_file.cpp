// SPDX-License-Identifier: MIT
#include "activator/core/unit_file.hpp"

#include <algorithm>
#include <array>

namespace switchback {
namespace {

constexpr std::string_view kBlank = " \t\n\r";

std::string_view strip(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Whether systemd skips the line, even in the middle of a continued one.
bool is_comment_or_blank(std::string_view line) {
  const auto stripped = strip(line);
  return stripped.empty() || stripped.front() == '#' || stripped.front() == ';';
}

/// A backslash before the end joins the next line, unless it is itself escaped.
bool is_continued(std::string_view line) {
  bool escaped = false;
  for (const char c : line) escaped = !escaped && c == '\\';
  return escaped;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return out;
}

}  // namespace

Result<UnitFile> UnitFile::parse(std::string_view text) {
  UnitFile file;
  if (text.find('\0') != std::string_view::npos) return fail(Errc::corrupt, "it has a NUL byte");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::string section;
  std::string continued;
  int number = 0;
  while (!text.empty() || !continued.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    const bool last = end == text.size();
    text.remove_prefix(last ? end : end + 1);
    ++number;
    if (!last && is_comment_or_blank(line)) continue;
    if (!is_comment_or_blank(line)) continued += line;
    if (!last && is_continued(continued)) {
      continued.back() = ' ';
      continue;
    }
    const auto whole = continued;
    continued.clear();
    const auto statement = strip(whole);
    if (statement.empty()) continue;
    if (statement.front() == '[') {
      if (statement.back() != ']') {
        return fail(Errc::corrupt,
                    "line " + std::to_string(number) + ": a section's header lacks its closing bracket");
      }
      section = statement.substr(1, statement.size() - 2);
      continue;
    }
    // systemd passes over what is neither and over what stands before the first section, so we do.
    const auto equals = statement.find('=');
    if (equals == std::string_view::npos || section.empty()) continue;
    file.assignments_.push_back({section, std::string(strip(statement.substr(0, equals))),
                                 std::string(strip(statement.substr(equals + 1)))});
  }
  return file;
}

void UnitFile::apply(const UnitFile& drop_in) {
  assignments_.insert(assignments_.end(), drop_in.assignments_.begin(), drop_in.assignments_.end());
}

std::vector<std::string> UnitFile::values(std::string_view section, std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& assignment : assignments_) {
    if (assignment.section != section || assignment.key != key) continue;
    if (assignment.value.empty())
      values.clear();
    else
      values.push_back(assignment.value);
  }
  return values;
}

std::optional<std::string> UnitFile::last(std::string_view section, std::string_view key) const {
  auto all = values(section, key);
  if (all.empty()) return std::nullopt;
  return std::move(all.back());
}

std::vector<std::string> UnitFile::words(std::string_view section, std::string_view key) const {
  std::vector<std::string> words;
  for (const auto& value : values(section, key)) {
    std::string word;
    bool begun = false;
    char quote = 0;
    for (const char c : value) {
      if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
        begun = true;
      } else if (quote == 0 && kBlank.find(c) != std::string_view::npos) {
        if (begun) words.push_back(std::exchange(word, {}));
        begun = false;
      } else {
        word += c;
        begun = true;
      }
    }
    if (begun) words.push_back(std::move(word));
  }
  return words;
}

std::optional<bool> UnitFile::boolean(std::string_view section, std::string_view key) const {
  const auto value = last(section, key);
  if (!value) return std::nullopt;
  constexpr std::array<std::string_view, 6> kTrue{"1", "yes", "y", "true", "t", "on"};
  return std::find(kTrue.begin(), kTrue.end(), lower(*value)) != kTrue.end();
}

}  // namespace switchback
