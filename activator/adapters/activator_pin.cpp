// SPDX-License-Identifier: MIT
#include "activator/adapters/activator_pin.hpp"

#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/unique_fd.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace switchback {
namespace {

constexpr const char* kRootName = "activator";  // no activation's roots begin so: those are hexadecimal

tl::unexpected<Error> failed(const std::string& doing, const std::string& path) {
  return fail(Errc::io, doing + " " + path + ": " + errno_text(errno));
}

Status copy_bytes(int from, int to, const std::string& path) {
  while (true) {
    const auto count = ::sendfile(to, from, nullptr, std::size_t{1} << 20U);
    if (count == 0) return {};
    if (count < 0 && errno != EINTR) return failed("cannot write", path);
  }
}

bool same_file(const std::string& left, const std::string& right) {
  struct stat one {};
  struct stat other {};
  return ::stat(left.c_str(), &one) == 0 && ::stat(right.c_str(), &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// The store path that holds `path`.
std::optional<StorePath> store_path_of(const std::string& path) {
  constexpr std::string_view kStore = "/nix/store/";
  if (!path.starts_with(kStore)) return std::nullopt;
  auto parsed = StorePath::parse(path.substr(0, path.find('/', kStore.size())));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace

std::string exec_word(std::string_view path) {
  std::string word = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') word += '\\';
    if (c == '%') word += c;
    word += c;
  }
  return word + "\"";
}

Status ActivatorPin::pin() {
  const auto binary = running_binary();
  if (!binary) return tl::make_unexpected(binary.error());
  if (binary->empty()) return {};
  if (const auto store_path = store_path_of(*binary)) {
    if (auto held = profiles_.pin(kRootName, *store_path); !held) return held;
  }
  if (auto made = make_directories(places_.drop_ins); !made) return made;
  return write_durably(drop_in(), "[Service]\nExecStart=\nExecStart=" + exec_word(*binary) + " serve\n",
                       0644);
}

// Empty: it has no name any more, and no copy of it could be run.
Result<std::string> ActivatorPin::running_binary() const {
  // What is in the store stays as it is while it is held.
  if (store_path_of(places_.executable)) return places_.executable;
  const auto path = read_link(places_.executable);
  if (!path) return tl::make_unexpected(path.error());
  if (!*path) return fail(Errc::io, "cannot tell which binary runs: there is no " + places_.executable);
  // Not by the « (deleted)» after it: a package manager may have put another file of that name there.
  if (same_file(places_.executable, **path)) return **path;
  struct statvfs mount {};
  if (auto made = make_directories(directory_of(places_.copy)); !made)
    return tl::make_unexpected(made.error());
  if (::statvfs(directory_of(places_.copy).c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) {
    spdlog::warn(
        "the activator's binary was replaced while it ran, and {} is mounted noexec: if it dies, {} "
        "goes on with this activation",
        directory_of(places_.copy), **path);
    return std::string();
  }
  if (auto copied = copy_image(); !copied) return tl::make_unexpected(copied.error());
  return places_.copy;
}

Status ActivatorPin::copy_image() const {
  const auto partial = places_.copy + ".partial";
  ::unlink(partial.c_str());
  const UniqueFd image(::open(places_.executable.c_str(), O_RDONLY | O_CLOEXEC));
  if (!image.valid()) return failed("cannot read", places_.executable);
  UniqueFd out(::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0700));
  if (!out.valid()) return failed("cannot create", partial);
  auto copied = copy_bytes(image.get(), out.get(), partial);
  out.reset();  // what is open for writing cannot be executed
  if (copied && ::rename(partial.c_str(), places_.copy.c_str()) < 0)
    copied = failed("cannot replace", places_.copy);
  if (!copied) ::unlink(partial.c_str());
  return copied;
}

void ActivatorPin::unpin() {
  for (const auto& path : {drop_in(), temporary_name(drop_in()), places_.copy, places_.copy + ".partial"}) {
    if (::unlink(path.c_str()) < 0 && errno != ENOENT)
      spdlog::warn("cannot remove {}: {}", path, errno_text(errno));
  }
  ::rmdir(places_.drop_ins.c_str());  // unless somebody else has something there
  profiles_.unpin_all(kRootName);
}

}  // namespace switchback
