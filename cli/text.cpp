// SPDX-License-Identifier: MIT
#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace switchback {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

/// The code point at the beginning of `text`, which is not empty. Source: RFC 3629.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {lead, 1, false};
  std::uint32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {lead, 1, false};
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  static constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[length] || value > 0x10ffff || surrogate) return {lead, 1, false};
  return {value, length, true};
}

bool is_obeyed(std::uint32_t value) {
  const bool control = value < 0x20 || (value >= 0x7f && value < 0xa0);
  const bool reorders = (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069) ||
                        value == 0x200e || value == 0x200f || value == 0x2028 || value == 0x2029;
  return control || reorders;
}

std::string escaped(const CodePoint& point) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), point.value < 0x100 ? "\\x%02x" : "\\u%04x", point.value);
  return out.data();
}

std::size_t bytes_of_columns(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t column = 0; column < width && at < text.size(); ++column) {
    at += first_of(text.substr(at)).bytes;
  }
  return at;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto point = first_of(text);
    if (text.front() == '\t')
      out += ' ';
    else if (!point.valid || is_obeyed(point.value))
      out += escaped(point);
    else
      out += text.substr(0, point.bytes);
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_of(text).bytes);
  return count;
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return "";
  return std::string(text.substr(0, bytes_of_columns(text, width - 1))) + "…";
}

std::string padded(std::string_view text, std::size_t width) {
  const auto used = columns(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines;
  while (columns(text) > width) {
    const auto limit = bytes_of_columns(text, width);
    // A break right behind the last column that fits counts too.
    auto at = text.substr(0, limit + 1).rfind(' ');
    if (at == std::string_view::npos || at == 0) at = limit;
    lines.emplace_back(text.substr(0, at));
    text.remove_prefix(at);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

std::vector<TextLine> lines_of(std::string_view text) {
  std::vector<TextLine> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    out.push_back({printable(line), line.starts_with("    ")});
    begin = end + 1;
  }
  return out;
}

std::string duration_text(std::chrono::milliseconds duration) {
  const auto tenths = duration.count() / 100;
  if (tenths < 600) return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
  const auto seconds = tenths / 10;
  return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

std::string date_text(std::int64_t seconds_since_epoch) {
  const auto time = static_cast<std::time_t>(seconds_since_epoch);
  std::tm parts{};
  std::array<char, 64> out{};
  if (localtime_r(&time, &parts) == nullptr) return "?";
  if (std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0) return "?";
  return out.data();
}

std::string age_text(double seconds) {
  const auto whole = static_cast<long long>(std::clamp(seconds, 0.0, 1e15));
  const auto of = [](long long count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return of(whole / 60, "minute");
  if (whole < 172'800) return of(whole / 3600, "hour");
  return of(whole / 86400, "day");
}

}  // namespace switchback
