// SPDX-License-Identifier: MIT
#include "activator/adapters/journal_entries.hpp"

#include <pwd.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>

namespace switchback {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// The length of the well-formed UTF-8 sequence that `bytes` begins with; 0: there is none.
std::size_t sequence_length(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return 0;
  if (!std::all_of(bytes.begin() + 1, bytes.begin() + static_cast<std::ptrdiff_t>(length), is_continuation))
    return 0;
  const auto second = static_cast<unsigned char>(bytes[1]);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

Status failed(const char* doing, int result) {
  return fail(Errc::unavailable, std::string("the journal ") + doing + ": " + errno_text(-result));
}

// Alternatives, each a set of FIELD=value that must all be there.
Status match(sd_journal& journal, std::initializer_list<std::initializer_list<std::string>> alternatives) {
  for (const auto& alternative : alternatives) {
    if (const int result = sd_journal_add_disjunction(&journal); result < 0)
      return failed("takes no match", result);
    for (const auto& term : alternative) {
      if (const int result = sd_journal_add_match(&journal, term.data(), term.size()); result < 0)
        return failed("takes no match", result);
    }
  }
  return {};
}

std::optional<std::string_view> field(sd_journal& journal, std::string_view name) {
  const void* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(&journal, std::string(name).c_str(), &data, &size) < 0) return std::nullopt;
  std::string_view value(static_cast<const char*>(data), size);
  if (value.size() <= name.size()) return std::nullopt;
  value.remove_prefix(name.size() + 1);
  return value;
}

// A user's manager and its services write as that user.
Status match_user_unit(sd_journal& journal, const std::string& user, const std::string& unit) {
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return fail(Errc::unavailable, "there is no user " + user);
  const auto uid = "_UID=" + std::to_string(entry->pw_uid);
  return match(journal, {{"_SYSTEMD_USER_UNIT=" + unit, uid}, {"USER_UNIT=" + unit, uid}});
}

}  // namespace

Result<JournalPtr> open_journal() {
  sd_journal* opened = nullptr;
  if (const int result = sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY); result < 0)
    return tl::make_unexpected(failed("cannot be opened", result).error());
  JournalPtr journal(opened);
  // No more than this is unpacked of a compressed field.
  sd_journal_set_data_threshold(opened, kMaxLogMessageBytes * 2);
  return journal;
}

// INVOCATION_ID= and UNIT= are fields that anybody may send: PID 1's alone are believed. _SYSTEMD_… are
// journald's own.
Status match_invocation(sd_journal& journal, const std::string& invocation) {
  return match(journal, {{"_SYSTEMD_INVOCATION_ID=" + invocation},
                         {"INVOCATION_ID=" + invocation, "_PID=1"},
                         {"USER_INVOCATION_ID=" + invocation}});
}

Status match_unit(sd_journal& journal, const std::string& unit) {
  if (const auto slash = unit.find('/'); slash != std::string::npos)
    return match_user_unit(journal, unit.substr(0, slash), unit.substr(slash + 1));
  return match(journal, {{"_SYSTEMD_UNIT=" + unit}, {"UNIT=" + unit, "_PID=1"}});
}

Status match_processes(sd_journal& journal, const std::string& unit) {
  return match(journal, {{"_SYSTEMD_UNIT=" + unit}});
}

std::string invocation_of_entry(sd_journal& journal) {
  const bool by_manager = field(journal, "_PID") == "1";
  const bool by_users_manager = field(journal, "_SYSTEMD_USER_UNIT") == "init.scope";
  const auto* name = by_manager         ? "INVOCATION_ID"
                     : by_users_manager ? "USER_INVOCATION_ID"
                                        : "_SYSTEMD_INVOCATION_ID";
  return std::string(field(journal, name).value_or(""));
}

std::vector<LogLine> read_entry(sd_journal& journal) {
  std::vector<LogLine> lines;
  std::uint64_t usec = 0;
  LogLine line;
  if (sd_journal_get_realtime_usec(&journal, &usec) >= 0)
    line.time_ms = static_cast<std::int64_t>(usec / 1000);
  const auto priority = field(journal, "PRIORITY");
  if (priority && priority->size() == 1 && priority->front() >= '0' && priority->front() <= '7')
    line.priority = priority->front() - '0';
  // The next look at a field makes the last one's memory invalid.
  const auto message = field(journal, "MESSAGE");
  if (!message) return lines;
  const auto text = readable(*message, kMaxLogMessageBytes);
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    line.message = text.substr(begin, end - begin);
    lines.push_back(line);
    begin = end + 1;
  }
  return lines;
}

std::string readable(std::string_view bytes, std::size_t max_bytes) {
  std::string text;
  while (!bytes.empty() && text.size() <= max_bytes) {
    const auto length = sequence_length(bytes);
    text.append(length == 0 ? kReplacement : bytes.substr(0, length));
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (text.size() <= max_bytes) return text;
  auto end = max_bytes - std::min(max_bytes, kEllipsis.size());
  while (end > 0 && is_continuation(text[end])) --end;
  return text.substr(0, end).append(kEllipsis);
}

}  // namespace switchback
