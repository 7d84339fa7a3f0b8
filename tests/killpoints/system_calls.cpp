// SPDX-License-Identifier: MIT
// The C library's functions that change files, in its place: each the same system call, with a kill point
// before it; the moment after one is that before the next. Linked into what takes part in a test of kill
// points alone; so that no call is missed, also none that the C++ library makes, and nothing of it is in the
// product.
#include "tests/killpoints/points.hpp"

#include <linux/fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>

namespace {

using switchback::test::Moment;
using switchback::test::place_of;
using switchback::test::reach;

std::string path_of(int fd) {
  char link[64];
  char path[PATH_MAX];
  (void)std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const auto length = ::syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path);
  return length < 0 ? "" : std::string(path, static_cast<std::size_t>(length));
}

std::string path_at(int directory, const char* path) {
  if (path[0] == '/' || directory == AT_FDCWD) return path;
  return path_of(directory) + "/" + path;
}

int call(long number, auto... arguments) { return static_cast<int>(::syscall(number, arguments...)); }

/// A point before `change`, if `path` is one of the host's files. After it is before the next.
template <class Change>
int before(const char* verb, const std::string& path, Moment moment, Change change) {
  const auto place = place_of(path);
  const int error = place.empty() ? 0 : reach(std::string(verb) + " " + place, moment);
  if (error == 0) return change();
  errno = error;
  return -1;
}

bool exists(int directory, const char* path) { return ::syscall(SYS_faccessat, directory, path, 0) == 0; }

/// Of what is not there: no change, and no point.
int remove_at(int directory, const char* path, int flags) {
  const auto removed = [&] { return call(SYS_unlinkat, directory, path, flags); };
  char nowhere = 0;
  const bool is_link = ::syscall(SYS_readlinkat, directory, path, &nowhere, sizeof nowhere) >= 0;
  if (!is_link && !exists(directory, path)) return removed();
  return before("unlink", path_at(directory, path), Moment::change, removed);
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t count) {
  const auto place = place_of(path_of(fd));
  if (place.empty()) return ::syscall(SYS_write, fd, bytes, count);
  const int error = reach("write " + place, Moment::write);
  if (error == switchback::test::kTear) {
    (void)::syscall(SYS_write, fd, bytes, count / 2);
    switchback::test::die();
  }
  if (error != 0) {
    errno = error;
    return -1;
  }
  return ::syscall(SYS_write, fd, bytes, count);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = (flags & O_CREAT) != 0 ? va_arg(more, int) : 0;
  va_end(more);
  const auto opened = [&] { return call(SYS_openat, AT_FDCWD, path, flags, mode); };
  return (flags & O_CREAT) != 0 ? before("create", path, Moment::space, opened) : opened();
}

int fsync(int fd) {
  return before("fsync", path_of(fd), Moment::change, [&] { return call(SYS_fsync, fd); });
}
int syncfs(int fd) noexcept {
  return before("syncfs", path_of(fd), Moment::change, [&] { return call(SYS_syncfs, fd); });
}
int rename(const char* from, const char* to) noexcept {
  return before("rename", to, Moment::change,
                [&] { return call(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); });
}
int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) noexcept {
  return before("rename", path_at(to_directory, to), Moment::change,
                [&] { return call(SYS_renameat2, from_directory, from, to_directory, to, flags); });
}
int symlink(const char* target, const char* path) noexcept {
  return before("symlink", path, Moment::space, [&] { return call(SYS_symlinkat, target, AT_FDCWD, path); });
}
int link(const char* from, const char* to) noexcept {
  return before("link", to, Moment::space, [&] { return call(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  const auto made = [&] { return call(SYS_mkdirat, AT_FDCWD, path, mode); };
  return exists(AT_FDCWD, path) ? made() : before("mkdir", path, Moment::space, made);
}
int unlink(const char* path) noexcept { return remove_at(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return remove_at(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int directory, const char* path, int flags) noexcept {
  return remove_at(directory, path, flags);
}
int truncate(const char* path, off_t length) noexcept {
  return before("truncate", path, Moment::change, [&] { return call(SYS_truncate, path, length); });
}

}  // extern "C"
