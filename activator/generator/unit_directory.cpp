// SPDX-License-Identifier: MIT
#include "activator/generator/unit_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace switchback {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kLinkDirectories{".wants", ".requires", ".upholds"};

bool ends_with_any(std::string_view name) {
  return std::any_of(kLinkDirectories.begin(), kLinkDirectories.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string with_errno(const std::string& doing, const std::string& path, int error_number) {
  return doing + " " + path + ": " + errno_text(error_number);
}

/// Where a chain of links ends; nullopt when it leads nowhere.
std::optional<std::string> resolve(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  if (!resolved) return std::nullopt;
  return std::string(resolved.get());
}

class Reader {
 public:
  Reader(std::string directory, std::vector<SkippedUnit>* skipped)
      : directory_(std::move(directory)), skipped_(skipped) {}

  Result<std::vector<UnitDirEntry>> read() {
    auto names = list(directory_);
    if (!names) return tl::make_unexpected(names.error());
    for (const auto& name : *names) {
      if (auto added = or_skip(name, add(name)); !added) return tl::make_unexpected(added.error());
      if (entries_.size() > kMaxUnitEntries) {
        return fail(Errc::invalid_closure,
                    directory_ + " has more than " + std::to_string(kMaxUnitEntries) + " entries");
      }
    }
    return std::move(entries_);
  }

 private:
  static Result<std::vector<std::string>> list(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
      if (names.size() > kMaxUnitEntries) break;
    }
    if (error) return fail(Errc::invalid_closure, "cannot list " + directory + ": " + error.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  Status or_skip(const std::string& path, Status added) {
    if (added || skipped_ == nullptr) return added;
    skipped_->push_back({path, added.error().message});
    return {};
  }

  Status add(const std::string& name) {
    const auto path = directory_ + "/" + name;
    std::error_code error;
    const auto status = fs::status(path, error);  // of what a link leads to
    if (fs::is_directory(status)) return add_directory(name);
    if (fs::is_symlink(fs::symlink_status(path, error))) return add_link(name);
    return add_file(name);
  }

  Status add_directory(const std::string& name) {
    auto names = list(directory_ + "/" + name);
    if (!names) return tl::make_unexpected(names.error());
    const bool links = ends_with_any(name);
    for (const auto& inner : *names) {
      auto relative = name;
      relative.append("/").append(inner);
      if (links) {
        entries_.push_back({relative, "", inner});
        continue;
      }
      if (auto added = or_skip(relative, add_file(relative)); !added) return added;
    }
    return {};
  }

  Status add_file(const std::string& relative) {
    auto text = read_text(directory_ + "/" + relative);
    if (!text) return tl::make_unexpected(text.error());
    entries_.push_back({relative, std::move(*text), ""});
    return {};
  }

  Status add_link(const std::string& name) {
    const auto path = directory_ + "/" + name;
    const auto end = resolve(path);
    if (!end) return fail(Errc::invalid_closure, path + " is a link that leads nowhere");
    if (*end == "/dev/null") {
      entries_.push_back({name, "", *end});
      return {};
    }
    const auto target = base_name(*end);
    std::error_code error;
    if (target != name && fs::exists(directory_ + "/" + target, error)) {
      entries_.push_back({name, "", target});
      return {};
    }
    return add_file(name);
  }

  Result<std::string> read_text(const std::string& path) {
    // A FIFO must not hold us up.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) return fail(Errc::invalid_closure, with_errno("cannot open", path, errno));
    auto text = read_regular(fd, path);
    ::close(fd);
    return text;
  }

  Result<std::string> read_regular(int fd, const std::string& path) {
    struct stat info {};
    if (::fstat(fd, &info) < 0) return fail(Errc::io, with_errno("cannot look at", path, errno));
    if (!S_ISREG(info.st_mode)) return fail(Errc::invalid_closure, path + " is no regular file");
    std::string text;
    std::array<char, 16384> buffer{};
    while (true) {
      const auto count = ::read(fd, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(Errc::io, with_errno("cannot read", path, errno));
      if (count == 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
      bytes_ += static_cast<std::size_t>(count);
      if (text.size() > kMaxUnitFileBytes || bytes_ > kMaxUnitSetBytes) {
        return fail(Errc::invalid_closure, path + " is over the limit of " +
                                               std::to_string(kMaxUnitFileBytes) + " bytes a file and " +
                                               std::to_string(kMaxUnitSetBytes) + " in all");
      }
    }
  }

  std::string directory_;
  std::vector<SkippedUnit>* skipped_;
  std::vector<UnitDirEntry> entries_;
  std::size_t bytes_ = 0;
};

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST)
    return fail(Errc::io, with_errno("cannot make the directory", path, errno));
  return {};
}

Status write_text(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return fail(Errc::io, with_errno("cannot create", path, errno));
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto count = ::write(fd, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error_number = errno;
      ::close(fd);
      return fail(Errc::io, with_errno("cannot write", path, error_number));
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::close(fd) < 0) return fail(Errc::io, with_errno("cannot write", path, errno));
  return {};
}

}  // namespace

Result<std::vector<UnitDirEntry>> read_unit_directory(const std::string& directory,
                                                      std::vector<SkippedUnit>* skipped) {
  return Reader(directory, skipped).read();
}

Status write_unit_directory(const std::string& directory, const std::vector<UnitDirEntry>& entries) {
  if (::mkdir(directory.c_str(), 0755) < 0)
    return fail(Errc::io, with_errno("cannot make the directory", directory, errno));
  for (const auto& entry : entries) {
    if (auto written = write_unit_entry(directory, entry); !written) return written;
  }
  return {};
}

Status write_unit_entry(const std::string& directory, const UnitDirEntry& entry) {
  const auto path = directory + "/" + entry.path;
  const auto slash = entry.path.find('/');
  if (slash != std::string::npos) {
    if (auto made = make_directory(directory + "/" + entry.path.substr(0, slash)); !made) return made;
  }
  if (entry.target.empty()) return write_text(path, entry.text);
  const bool is_beside = slash == std::string::npos || entry.target.starts_with('/');
  const auto target = is_beside ? entry.target : "../" + entry.target;
  if (::symlink(target.c_str(), path.c_str()) < 0)
    return fail(Errc::io, with_errno("cannot link", path, errno));
  return {};
}

}  // namespace switchback
