// SPDX-License-Identifier: MIT
#include "activator/adapters/durable_file.hpp"

#include "activator/adapters/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace switchback {
namespace {

tl::unexpected<Error> failed(const std::string& doing, const std::string& path, int error_number) {
  return fail(Errc::io, doing + " " + path + ": " + errno_text(error_number));
}

// fsync may not be repeated after EIO (the pages are then clean and lost), but may after EINTR.
int sync_fd(int fd) {
  int result = 0;
  do {
    result = ::fsync(fd);
  } while (result < 0 && errno == EINTR);
  return result;
}

Status write_and_sync(int fd, std::string_view content, const std::string& path) {
  if (auto written = write_all(fd, content, path); !written) return written;
  if (sync_fd(fd) < 0) return failed("cannot sync", path, errno);
  return {};
}

Status rename_into_place(const std::string& temporary, const std::string& path) {
  if (::rename(temporary.c_str(), path.c_str()) < 0) return failed("cannot replace", path, errno);
  return sync_directory(directory_of(path));
}

}  // namespace

std::string temporary_name(const std::string& path) {
  const auto name = path.rfind('/') + 1;  // 0 when it has none
  return path.substr(0, name) + "." + path.substr(name) + ".tmp";
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return failed("cannot write", path, errno);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status sync_directory(const std::string& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return failed("cannot open the directory", directory, errno);
  if (sync_fd(fd.get()) < 0) return failed("cannot sync the directory", directory, errno);
  return {};
}

Status write_durably(const std::string& path, std::string_view content, mode_t mode) {
  const auto temporary = temporary_name(path);
  ::unlink(temporary.c_str());
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd.valid()) return failed("cannot create", temporary, errno);
  auto status = write_and_sync(fd.get(), content, path);
  fd.reset();
  if (status) status = rename_into_place(temporary, path);
  if (!status) ::unlink(temporary.c_str());
  return status;
}

Status link_durably(const std::string& path, const std::string& target) {
  const auto temporary = temporary_name(path);
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) < 0) return failed("cannot link", path, errno);
  auto status = rename_into_place(temporary, path);
  if (!status) ::unlink(temporary.c_str());
  return status;
}

Status remove_durably(const std::string& path) {
  if (::unlink(path.c_str()) < 0) {
    if (errno == ENOENT) return {};
    return failed("cannot remove", path, errno);
  }
  return sync_directory(directory_of(path));
}

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) {
    if (errno == ENOENT) return std::optional<std::string>();
    return failed("cannot open", path, errno);
  }
  std::string content;
  char buffer[16384];
  while (true) {
    const auto count = ::read(fd.get(), buffer, sizeof buffer);
    if (count == 0) return std::optional<std::string>(std::move(content));
    if (count < 0) {
      if (errno == EINTR) continue;
      return failed("cannot read", path, errno);
    }
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > max_bytes)
      return fail(Errc::io, path + " is longer than " + std::to_string(max_bytes) + " bytes");
  }
}

Status make_directories(const std::string& directory, mode_t mode) {
  if (::mkdir(directory.c_str(), mode) == 0) return sync_directory(directory_of(directory));
  if (errno == ENOENT && directory_of(directory) != directory) {
    if (auto above = make_directories(directory_of(directory), mode); !above) return above;
    if (::mkdir(directory.c_str(), mode) == 0) return sync_directory(directory_of(directory));
  }
  if (errno != EEXIST) return failed("cannot make the directory", directory, errno);
  struct stat info {};
  if (::stat(directory.c_str(), &info) < 0) return failed("cannot look at", directory, errno);
  if (!S_ISDIR(info.st_mode)) return failed("cannot make the directory", directory, ENOTDIR);
  return {};
}

Result<std::optional<std::string>> read_link(const std::string& path) {
  char target[PATH_MAX];
  const auto length = ::readlink(path.c_str(), target, sizeof target);
  if (length < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    if (errno == EINVAL) return fail(Errc::io, path + " is not a symbolic link");
    return failed("cannot read the link", path, errno);
  }
  return std::optional<std::string>(std::string(target, static_cast<std::size_t>(length)));
}

}  // namespace switchback
