// SPDX-License-Identifier: MIT
#include "activator/adapters/linux_host.hpp"

#include "activator/adapters/brief_child.hpp"
#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/unique_fd.hpp"
#include "activator/adapters/verify_output.hpp"
#include "activator/protocol/activation_id.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <set>

namespace switchback {
namespace {

constexpr std::size_t kMaxSmallFile = 4096;
constexpr std::chrono::seconds kVerifyWithin{60};
constexpr std::size_t kFailuresShown = 5;

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \n\r\t") + 1);
  return text;
}

tl::unexpected<Error> failed(const std::string& doing, const std::string& path) {
  return fail(Errc::io, doing + " " + path + ": " + errno_text(errno));
}

Result<std::string> read_small(const std::string& path) {
  auto content = read_file(path, kMaxSmallFile);
  if (!content) return tl::make_unexpected(content.error());
  if (!*content) return fail(Errc::io, path + " is missing");
  return trimmed(**content);
}

// Complete from the moment it has its name; who comes first wins.
Status make_token(const std::string& path) {
  if (auto made = make_directories(directory_of(path)); !made) return made;
  const auto partial = path + ".partial";
  ::unlink(partial.c_str());
  UniqueFd fd(::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return failed("cannot create", partial);
  auto status = write_all(fd.get(), ActivationId::random().text() + "\n", partial);
  const auto renamed = [&] {
    return ::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0;
  };
  if (status && renamed()) return {};
  if (status && errno != EEXIST) status = failed("cannot create", path);
  ::unlink(partial.c_str());
  return status;
}

Error not_loadable(const std::vector<LoadFailure>& failures) {
  std::string text;
  for (std::size_t index = 0; index < std::min(failures.size(), kFailuresShown); ++index) {
    text += (index == 0 ? "systemd cannot load " : "; ") + failures[index].unit.text() + ": " +
            failures[index].words;
  }
  if (failures.size() > kFailuresShown)
    text += "; and " + std::to_string(failures.size() - kFailuresShown) + " more units";
  return {Errc::invalid_closure, text};
}

Status judge(const ChildResult& result, const std::string& directory, const std::vector<UnitName>& units) {
  if (result.succeeded()) return {};
  // Killed, or ended without a word: it has said why it failed, if only that an executable is missing.
  if (!result.exit_status || result.timed_out || result.err.empty())
    return fail(Errc::unavailable,
                "systemd-analyze could not say whether the units can be loaded: " + result.describe());
  const auto failures = load_failures(result.err, directory, units);
  if (failures.empty()) return {};
  return tl::make_unexpected(not_loadable(failures));
}

}  // namespace

LinuxHost::LinuxHost(Profiles& profiles, EventLoop& loop, HostPlaces places)
    : loop_(loop), places_(std::move(places)), pin_(profiles, places_.pin) {}

std::string LinuxHost::name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

Result<BootIdentity> LinuxHost::boot() {
  if (boot_) return *boot_;
  auto id = boot_id();
  if (!id) return tl::make_unexpected(id.error());
  auto token = run_token();
  if (!token) return tl::make_unexpected(token.error());
  const auto count = soft_reboots();
  if (!count) return tl::make_unexpected(count.error());
  boot_ = BootIdentity{std::move(*id), std::move(*token), *count};
  return *boot_;
}

bool LinuxHost::has_store() {
  std::error_code error;
  const bool is_empty = std::filesystem::is_empty(places_.store, error);
  return !is_empty && !error;
}

Result<std::string> LinuxHost::boot_id() const {
  auto id = read_small(places_.boot_id);
  if (id && id->empty()) return fail(Errc::corrupt, places_.boot_id + " is empty");
  return id;
}

Result<std::string> LinuxHost::run_token() const {
  const auto path = places_.run + "/boot-token";
  if (::access(path.c_str(), F_OK) < 0) {
    if (auto made = make_token(path); !made) return tl::make_unexpected(made.error());
  }
  auto token = read_small(path);
  if (token && !ActivationId::parse(*token))
    return fail(Errc::corrupt, path + " does not hold what we wrote there; reboot the host");
  return token;
}

// systemctl speaks to PID 1 over a socket of its own when it is root: the bus may be dead.
Result<std::uint64_t> LinuxHost::soft_reboots() const {
  const auto systemctl = find_program("systemctl", places_.programs);
  if (!systemctl) return fail(Errc::unavailable, "systemctl is not on this host");
  const auto asked = run_briefly(
      {{*systemctl, "show", "--property=SoftRebootsCount", "--value"}, {}, places_.systemctl_within});
  if (!asked) return tl::make_unexpected(asked.error());
  if (!asked->succeeded())
    return fail(Errc::unavailable,
                "systemd does not say how often it was soft-rebooted: systemctl: " + asked->describe());
  const auto text = trimmed(asked->out);
  std::uint64_t count = 0;
  if (text.empty()) return count;  // before systemd 254
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return fail(Errc::corrupt, "systemd says that it was soft-rebooted «" + text + "» times");
  return count;
}

Status LinuxHost::sync_disks() {
  std::set<dev_t> synced;
  for (const auto& path : places_.on_disk) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() && errno == ENOENT) continue;
    struct stat info {};
    if (!fd.valid() || ::fstat(fd.get(), &info) < 0) return failed("cannot open", path);
    if (!synced.insert(info.st_dev).second) continue;
    if (::syncfs(fd.get()) < 0) return failed("cannot write to disk the file system of", path);
  }
  return {};
}

void LinuxHost::verify_units(const std::string& directory, std::vector<UnitName> units, Callback<void> done) {
  const auto answer_later = [&](Status status) {
    loop_.post([done, status = std::move(status)] { done(status); });
  };
  const auto program = find_program("systemd-analyze", places_.programs);
  if (!program) return answer_later(fail(Errc::unavailable, "systemd-analyze is not on this host"));
  ChildCommand command;
  command.argv = {*program, "verify", "--man=no", "--generators=no", "--recursive-errors=no"};
  // The directory of each file is searched for the others; a template is verified as an instance of its own.
  for (const auto& unit : units) command.argv.push_back(directory + "/" + unit.text());
  // To standard error, as plain as it was when its words were learnt.
  command.environment = {{"LC_ALL", "C"},
                         {"SYSTEMD_LOG_TARGET", "console"},
                         {"SYSTEMD_LOG_LEVEL", "info"},
                         {"SYSTEMD_LOG_LOCATION", "0"},
                         {"SYSTEMD_LOG_TIME", "0"},
                         {"SYSTEMD_COLORS", "0"}};
  command.deadline = kVerifyWithin;
  const auto number = next_verification_++;
  auto started = ChildProcess::start(
      loop_, command, [this, number, directory, units = std::move(units), done](const ChildResult& result) {
        const auto ended = verifications_.extract(number);  // it keeps what this closure has
        done(judge(result, directory, units));
      });
  if (!started) return answer_later(tl::make_unexpected(started.error()));
  verifications_.emplace(number, std::move(*started));
}

}  // namespace switchback
