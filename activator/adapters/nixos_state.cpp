// SPDX-License-Identifier: MIT
#include "activator/adapters/nixos_state.hpp"

#include "activator/adapters/durable_file.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <sstream>

namespace switchback {
namespace {

constexpr std::size_t kMaxLocks = std::size_t{1024} * 1024;
constexpr std::size_t kMaxName = 256;
constexpr std::array kLists{"start-list", "restart-list", "reload-list", "activation-restart-list",
                            "activation-reload-list"};

/// «08:02:131074», as /proc/locks writes it.
std::string lock_identity(const struct stat& info) {
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%02x:%02x:%ju", major(info.st_dev), minor(info.st_dev),
                      static_cast<std::uintmax_t>(info.st_ino));
  return text.data();
}

std::string name_of_process(const std::string& pid) {
  auto name = read_file("/proc/" + pid + "/comm", kMaxName);
  if (!name || !name->has_value()) return "";
  return (*name)->substr(0, (*name)->find('\n'));
}

}  // namespace

Result<std::optional<StorePath>> read_current_system(const NixosPlaces& places) {
  const auto target = read_link(places.current_system);
  if (!target) return tl::make_unexpected(target.error());
  if (!target->has_value()) return std::optional<StorePath>();
  auto closure = StorePath::parse(**target);
  if (!closure)
    return fail(Errc::corrupt, places.current_system + " leads to " + **target + ", no store path");
  return std::optional(std::move(*closure));
}

Result<std::optional<std::string>> find_switch_lock_holder(const NixosPlaces& places) {
  struct stat info {};
  const auto lock = places.state + "/switch-to-configuration.lock";
  if (::stat(lock.c_str(), &info) < 0) return std::optional<std::string>();
  const auto locks = read_file(places.locks, kMaxLocks);
  if (!locks) return tl::make_unexpected(locks.error());
  const auto wanted = lock_identity(info);
  std::istringstream lines(locks->value_or(""));
  for (std::string line; std::getline(lines, line);) {
    // «1: FLOCK  ADVISORY  WRITE 1234 00:1a:5678 0 EOF»; a line with -> is one that waits.
    std::istringstream words(line);
    std::string number, type, advisory, mode, pid, file;
    words >> number >> type >> advisory >> mode >> pid >> file;
    if (type != "FLOCK" || file != wanted) continue;
    const auto name = name_of_process(pid);
    return std::optional("process " + pid + (name.empty() ? "" : " (" + name + ")"));
  }
  return std::optional<std::string>();
}

Status set_resume_lists_aside(const NixosPlaces& places) {
  for (const char* list : kLists) {
    const auto path = places.state + "/" + list;
    if (::rename(path.c_str(), (path + ".set-aside").c_str()) < 0 && errno != ENOENT)
      return fail(Errc::io, "cannot set " + path + " aside: " + errno_text(errno));
  }
  return {};
}

}  // namespace switchback
