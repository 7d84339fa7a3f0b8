// SPDX-License-Identifier: MIT
#include "activator/adapters/file_record_store.hpp"

#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/unique_fd.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string_view>

namespace switchback {
namespace {

constexpr std::size_t kDigits = 12;  // zero-padded, so that names sort as numbers do
constexpr std::string_view kSuffix = ".json";

// `<12 digits>-<32 hexadecimal digits>.json`
bool is_history_name(std::string_view name) {
  return name.size() == kDigits + 1 + 32 + kSuffix.size() && name[kDigits] == '-' &&
         name.ends_with(kSuffix) &&
         std::all_of(name.begin(), name.begin() + kDigits, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view id_of(std::string_view name) { return name.substr(kDigits + 1, 32); }

std::uint64_t number_of(std::string_view name) {
  std::uint64_t number = 0;
  std::from_chars(name.data(), name.data() + kDigits, number);
  return number;
}

std::string history_name(std::uint64_t number, const ActivationId& id) {
  auto digits = std::to_string(number);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return digits + "-" + id.text() + std::string(kSuffix);
}

}  // namespace

Status FileRecordStore::save(const std::string& record) {
  if (auto made = make_directories(directory_, 0700); !made) return made;
  return write_durably(running(), record);
}

Result<std::optional<std::string>> FileRecordStore::load() {
  auto record = read_file(running(), kMaxRecordBytes);
  // A crash in the middle of finish() leaves events that belong to no activation, one in the first save()
  // half a record.
  if (record && !record->has_value()) {
    for (const auto& path : {running_events(), temporary_name(running())}) ::unlink(path.c_str());
  }
  return record;
}

void FileRecordStore::append_event(const std::string& event) {
  if (auto made = make_directories(directory_, 0700); !made) return spdlog::warn("{}", made.error().message);
  const UniqueFd fd(
      ::open(running_events().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  const auto written = fd.valid() ? write_all(fd.get(), event + "\n", running_events())
                                  : Status(fail(Errc::io, "cannot open " + running_events()));
  if (!written) spdlog::warn("an event is not kept: {}", written.error().message);
}

std::vector<std::string> FileRecordStore::events() {
  const auto content = read_file(running_events(), kMaxRecordBytes);
  if (!content) spdlog::warn("the events of the running activation are lost: {}", content.error().message);
  std::vector<std::string> events;
  if (!content || !content->has_value()) return events;
  std::string_view rest = **content;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (end > 0) events.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  // The next event must not be glued to a torn one.
  if (!rest.empty()) {
    std::error_code ignored;
    std::filesystem::resize_file(running_events(), (*content)->size() - rest.size(), ignored);
  }
  return events;
}

Status FileRecordStore::finish(const ActivationId& id, const std::string& document) {
  if (auto made = make_directories(history_directory(), 0700); !made) return made;
  const auto names = history_names();
  const auto same =
      std::find_if(names.begin(), names.end(), [&](const auto& name) { return id_of(name) == id.text(); });
  const auto name =
      same != names.end() ? *same : history_name(names.empty() ? 1 : number_of(names.back()) + 1, id);
  if (auto written = write_durably(history_directory() + "/" + name, document); !written) return written;
  // The record goes after its history is on disk: a crash in between leads to this being done again.
  if (auto removed = remove_durably(running()); !removed) return removed;
  if (auto removed = remove_durably(running_events()); !removed) spdlog::warn("{}", removed.error().message);
  prune();
  return {};
}

void FileRecordStore::visit_history(const std::function<bool(const std::string& document)>& wants_more) {
  auto names = history_names();
  std::reverse(names.begin(), names.end());
  for (const auto& name : names) {
    const auto document = read_file(history_directory() + "/" + name, kMaxRecordBytes);
    if (!document) spdlog::warn("left out of the history: {}", document.error().message);
    if (document && document->has_value() && !wants_more(**document)) return;
  }
}

std::vector<std::string> FileRecordStore::history_names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(history_directory(), error), end; !error && entry != end;
       entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (is_history_name(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void FileRecordStore::prune() {
  const auto names = history_names();
  for (std::size_t index = 0; index + kHistoryLength < names.size(); ++index)
    ::unlink((history_directory() + "/" + names[index]).c_str());
}

}  // namespace switchback
