// SPDX-License-Identifier: MIT
#include "activator/adapters/file_unit_copies.hpp"

#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/unique_fd.hpp"
#include "activator/generator/unit_directory.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace switchback {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnitsBelow = "/lib/systemd/system";
constexpr const char* kGenerator = "switchback-generator";
constexpr std::string_view kUnfinished = ".new-";
constexpr std::string_view kNoClosure = "00000000000000000000000000000000-nothing";  // of a removal

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Status remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail(Errc::io, "cannot remove " + path + ": " + error.message());
  return {};
}

/// All files that were written to the file system of `directory` are on disk. One call for all of them.
Status sync_file_system(const std::string& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::syncfs(fd.get()) < 0)
    return fail(Errc::io, "cannot sync the file system of " + directory + ": " + errno_text(errno));
  return {};
}

/// Everything in `directory` but `kept`.
void remove_others(const std::string& directory, const std::string& kept) {
  std::error_code error;
  std::vector<std::string> doomed;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name != "current" && name != kept) doomed.push_back(entry->path().string());
  }
  for (const auto& path : doomed) {
    if (auto removed = remove_tree(path); !removed) spdlog::warn("{}", removed.error().message);
  }
}

}  // namespace

std::vector<std::string> generator_places() {
  std::vector<std::string> places{"/run/systemd/system-generators", "/etc/systemd/system-generators",
                                  "/usr/local/lib/systemd/system-generators",
                                  "/usr/lib/systemd/system-generators", "/lib/systemd/system-generators"};
  std::error_code error;
  const auto systemd = fs::read_symlink("/proc/1/exe", error);
  if (!error) places.push_back((systemd.parent_path() / "system-generators").string());
  return places;
}

/// A link to /dev/null in a directory that wins masks it: that file cannot be executed.
Status FileUnitCopies::check_generator() {
  for (const auto& directory : generators_) {
    const auto file = directory + "/" + kGenerator;
    if (::access(file.c_str(), F_OK) != 0) continue;
    if (::access(file.c_str(), X_OK) == 0) return {};
    return fail(Errc::refused, file +
                                   " is masked, or cannot be executed: without it systemd sees no unit of a "
                                   "closure's");
  }
  return fail(
      Errc::refused,
      std::string("systemd of this host finds no ") + kGenerator +
          ", without which it sees no unit of a closure's, now or at the next boot: install the activator's "
          "package, or its NixOS module (/etc/systemd/system-generators is where systemd looks, among "
          "others)");
}

Result<std::vector<UnitDirEntry>> FileUnitCopies::of_closure(const StorePath& closure) {
  const auto directory = closure.text() + kUnitsBelow;
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    return fail(Errc::invalid_closure, closure.text() + " is of no kind that this host can run: it has no " +
                                           std::string(kUnitsBelow).substr(1) + " with systemd units");
  }
  return read_unit_directory(directory);
}

Result<std::map<ProfileName, StorePath>> FileUnitCopies::committed() {
  const auto profiles = list_profiles(places_.etc);
  if (!profiles) return tl::make_unexpected(profiles.error());
  std::map<ProfileName, StorePath> closures;
  for (const auto& profile : *profiles) {
    const auto current = read_current(places_.committed(profile) + "/current");
    if (!current) return tl::make_unexpected(current.error());
    if (*current) closures.emplace(profile, (*current)->closure);
  }
  return closures;
}

Result<std::vector<UnitDirEntry>> FileUnitCopies::committed_entries(const ProfileName& profile) {
  const auto current = read_current(places_.committed(profile) + "/current");
  if (!current) return tl::make_unexpected(current.error());
  if (!*current) return std::vector<UnitDirEntry>{};
  return read_unit_directory((*current)->directory);
}

std::string FileUnitCopies::staged_directory(const ActivationId& id, const ProfileName& profile) {
  std::error_code error;
  for (fs::directory_iterator entry(staging(id, profile), error), end; !error && entry != end;
       entry.increment(error)) {
    return entry->path().string();
  }
  return staging(id, profile);
}

Status FileUnitCopies::stage(const ActivationId& id, const ProfileName& profile,
                             const std::optional<StorePath>& closure,
                             const std::vector<UnitDirEntry>& entries) {
  const auto directory = staging(id, profile);
  if (auto removed = remove_tree(directory); !removed) return removed;
  if (auto made = make_directories(directory); !made) return made;
  const auto name = closure ? base_name(closure->text()) : std::string(kNoClosure);
  return write_unit_directory(directory + "/" + name, entries);
}

Status FileUnitCopies::place_trial(const ActivationId& id, const ProfileName& profile) {
  const auto directory = staged_directory(id, profile);
  if (directory == staging(id, profile))
    return fail(Errc::internal, "the units of profile " + profile.text() + " were not staged");
  if (auto made = make_directories(places_.trials()); !made) return made;
  return link_durably(places_.trials() + "/" + profile.text(), directory);
}

bool FileUnitCopies::has_trial(const ProfileName& profile) {
  return read_current(places_.trials() + "/" + profile.text()).value_or(std::nullopt).has_value();
}

Status FileUnitCopies::drop_trial(const ProfileName& profile) {
  return remove_durably(places_.trials() + "/" + profile.text());
}

Status FileUnitCopies::commit(const ProfileName& profile, const StorePath& closure,
                              const std::vector<UnitDirEntry>& entries) {
  const auto home = places_.committed(profile);
  const auto name = base_name(closure.text());
  const auto current = read_current(home + "/current");
  if (current && *current && (*current)->closure == closure) return {};
  if (auto made = make_directories(home); !made) return made;
  const auto unfinished = home + "/" + std::string(kUnfinished) + name;
  const auto finished = home + "/" + name;
  for (const auto& path : {unfinished, finished}) {  // left by a crash before the flip
    if (auto removed = remove_tree(path); !removed) return removed;
  }
  auto written = write_unit_directory(unfinished, entries);
  if (written) written = sync_file_system(unfinished);
  if (!written) {
    (void)remove_tree(unfinished);
    return written;
  }
  if (::rename(unfinished.c_str(), finished.c_str()) < 0)
    return fail(Errc::io, "cannot rename " + unfinished + ": " + errno_text(errno));
  if (auto synced = sync_directory(home); !synced) return synced;
  return link_durably(home + "/current", name);
}

Status FileUnitCopies::forget(const ProfileName& profile) {
  const auto home = places_.committed(profile);
  // The link first: a crash in between must not leave it leading to half a directory.
  std::error_code error;
  if (!fs::exists(fs::symlink_status(home, error))) return {};
  if (auto removed = remove_durably(home + "/current"); !removed) return removed;
  // Nothing leads to the rest any more; clean() takes what stays.
  auto removed = remove_tree(home);
  if (removed) removed = sync_directory(places_.etc);
  if (!removed) spdlog::warn("{}", removed.error().message);
  return {};
}

void FileUnitCopies::clean() {
  for (const auto& path : {places_.trials(), places_.staged()}) {
    if (auto removed = remove_tree(path); !removed) {
      spdlog::warn("{}", removed.error().message);
      break;  // what a trial that is left leads to must be left too
    }
  }
  const auto profiles = list_profiles(places_.etc);
  if (!profiles) return;
  for (const auto& profile : *profiles) {
    const auto home = places_.committed(profile);
    const auto current = read_current(home + "/current");
    if (!current) continue;  // not ours to judge
    if (*current) {
      remove_others(home, base_name((*current)->closure.text()));
    } else if (auto removed = remove_tree(home); !removed) {
      spdlog::warn("{}", removed.error().message);
    }
  }
}

}  // namespace switchback
