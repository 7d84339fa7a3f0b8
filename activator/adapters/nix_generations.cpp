// SPDX-License-Identifier: MIT
#include "activator/adapters/nix_generations.hpp"

#include "activator/adapters/durable_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace switchback {
namespace {

constexpr std::string_view kSuffix = "-link";

std::string file_name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

tl::unexpected<Error> lock_failed(const std::string& path) {
  return fail(Errc::io, "cannot lock " + path + ": " + errno_text(errno));
}

}  // namespace

std::optional<std::uint64_t> generation_number(const std::string& profile, const std::string& link) {
  const auto prefix = file_name_of(profile) + "-";
  const std::string name = file_name_of(link);
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix) || name.size() <= prefix.size() + kSuffix.size())
    return std::nullopt;
  const auto digits = name.substr(prefix.size(), name.size() - prefix.size() - kSuffix.size());
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::string generation_link(const std::string& profile, std::uint64_t number) {
  return profile + "-" + std::to_string(number) + std::string(kSuffix);
}

Result<std::map<std::uint64_t, StorePath>> read_generations(const std::string& profile) {
  std::map<std::uint64_t, StorePath> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory_of(profile), error), end; !error && entry != end;
       entry.increment(error)) {
    const auto number = generation_number(profile, entry->path().string());
    if (!number) continue;
    const auto target = read_link(entry->path().string());
    if (!target || !target->has_value()) continue;
    if (auto closure = StorePath::parse(**target)) found.emplace(*number, std::move(*closure));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Errc::io, "cannot list the generations of " + profile + ": " + error.message());
  return found;
}

Result<std::optional<ProfileLock>> ProfileLock::try_take(const std::string& profile) {
  auto path = profile + ".lock";
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.valid()) return lock_failed(path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
      if (errno == EWOULDBLOCK) return std::optional<ProfileLock>();
      return lock_failed(path);
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) < 0) return lock_failed(path);
    if (info.st_size == 0) return ProfileLock(std::move(path), std::move(fd));
    // Whoever had it has marked the file for those who had it open, and removed it; or could not.
    struct stat named {};
    const bool is_gone = ::stat(path.c_str(), &named) < 0 || named.st_ino != info.st_ino;
    if (!is_gone && ::unlink(path.c_str()) < 0) return lock_failed(path);
  }
}

ProfileLock::~ProfileLock() {
  if (!fd_.valid()) return;
  if (::unlink(path_.c_str()) < 0) return;  // the next takes it as it is
  [[maybe_unused]] const auto marked = ::write(fd_.get(), "d", 1);
}

Status select_generation(const std::string& profile, const StorePath& closure,
                         std::optional<std::uint64_t> number) {
  const auto generations = read_generations(profile);
  if (!generations) return tl::make_unexpected(generations.error());
  const auto is_of_closure = [&](std::uint64_t candidate) {
    const auto found = generations->find(candidate);
    return found != generations->end() && found->second == closure;
  };
  if (!number || !is_of_closure(*number)) {
    const auto newest = generations->empty() ? 0 : generations->rbegin()->first;
    number = is_of_closure(newest) ? newest : newest + 1;
  }
  const auto link = generation_link(profile, *number);
  if (!is_of_closure(*number)) {
    struct stat info {};
    if (::lstat(closure.text().c_str(), &info) < 0)
      return fail(Errc::io,
                  "profile " + profile + " was not set to " + closure.text() + ": " + errno_text(errno));
    if (auto made = link_durably(link, closure.text()); !made) return made;
  }
  return link_durably(profile, file_name_of(link));
}

Status remove_generations(const std::string& profile, const std::vector<std::uint64_t>& numbers) {
  // Left by one that was killed while it set the profile: it would lead to what goes now.
  Status removed = remove_durably(temporary_name(profile));
  for (const auto number : numbers) {
    if (removed) removed = remove_durably(generation_link(profile, number));
  }
  return removed;
}

}  // namespace switchback
