// SPDX-License-Identifier: MIT
#include "cli/ssh_remote.hpp"

#include "cli/text.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace switchback {
namespace {

constexpr int kSshFailed = 255;                 // ssh(1): «255 if an error occurred»
constexpr int kNotFound = 127;                  // POSIX sh
constexpr int kNotPermitted = 77;               // of the bridge; EX_NOPERM of sysexits.h
constexpr std::size_t kLongestRuntimeDir = 60;  // a socket's path holds 104 bytes, and ssh adds 17
constexpr std::chrono::seconds kQueryTimeout{10};
constexpr std::chrono::minutes kLongTimeout{5};

/// Made 0700, for nobody else to reach the login.
std::string private_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::string base = runtime != nullptr ? runtime : "";
  // White space would fall apart in NIX_SSHOPTS, a percent sign mean something to ssh.
  const bool usable = base.starts_with('/') && base.size() <= kLongestRuntimeDir &&
                      base.find_first_of(" \t\n%\"'") == std::string::npos;
  for (const auto& parent : {usable ? base : "/tmp", std::string("/tmp")}) {
    std::string path = parent + "/switchback-XXXXXX";
    if (mkdtemp(path.data()) != nullptr) return path;
  }
  return "";
}

/// `escalation` is empty for the user who logs in.
Words bridge_command(Words escalation, const std::string& program) {
  escalation.insert(escalation.end(), {program, "bridge"});
  return escalation;
}

/// Empty when ssh cannot tell: then the defaults are ours.
std::string effective_configuration(const SshSettings& settings, const Waker& waker) {
  const auto query = run_program(ssh_query(settings), {}, Clock::now() + kQueryTimeout, &waker);
  return query && query->status == 0 ? query->out : "";
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string sudoers_hint(const std::string& host, const std::string& user, const std::string& program) {
  const auto who = user.empty() ? std::string("USER") : printable(user);
  const bool installed = program == kInstalledProgram;
  return who + " may not use the activator on " + host + ". Add " +
         (installed ? "the user there to the group switchback, or to" : "there to") +
         " /etc/sudoers.d/switchback the line\n    " + who +
         " ALL=(root) NOPASSWD: " + (installed ? "/usr/bin/switchback-activator" : program) + " bridge";
}

Error interrupted(const std::string& name) {
  return {Errc::refused, "interrupted; nothing has changed on " + name};
}

}  // namespace

/// sudo's own refusals end with 1, too, and without sudo a shell says 127 of what is not there.
bool lacks_program(int status, const std::string& said, bool sudo) {
  if (status == kSshFailed) return false;
  return contains(said, "command not found") || (!sudo && status == kNotFound);
}

Error bridge_ended(const std::string& host, const std::string& user, int status, const std::string& said,
                   bool sudo, const std::string& program) {
  const auto quoted = said.empty() ? "" : ": " + printable(said);
  if (status == kSshFailed) {
    return {Errc::unavailable, said.empty() ? "the ssh connection failed" : "cannot be reached" + quoted};
  }
  if (sudo && (status == kNotFound || status == 1) && !contains(said, "activator.sock") &&
      !contains(said, "command not found")) {
    return {Errc::not_permitted, sudoers_hint(host, user, program)};
  }
  if (lacks_program(status, said, sudo)) {
    return {Errc::refused, "there is no switchback-activator on " + host +
                               ": install the package switchback-activator, or deploy with --bootstrap"};
  }
  if (status == kNotPermitted) return {Errc::not_permitted, sudoers_hint(host, user, program)};
  if (status == 0) return {Errc::unavailable, "the activator closed the connection" + quoted};
  if (said.empty()) {
    return {Errc::refused, "switchback-activator bridge failed with status " + std::to_string(status)};
  }
  return {Errc::refused, printable(said)};
}

SshRemote::SshRemote(SshSettings settings, std::string name)
    : settings_(std::move(settings)),
      name_(name.empty() ? node_name(settings_.destination) : std::move(name)),
      user_(user_name(settings_.destination)),
      directory_(private_directory()) {}

SshRemote::~SshRemote() {
  if (connected_) {
    // Whoever waits for us has no need to wait for this.
    Words closing{"sh", "-c", R"(directory=$1; shift; "$@"; rm -rf "$directory")", "sh", directory_};
    const auto close = ssh_close(settings_, control_path());
    closing.insert(closing.end(), close.begin(), close.end());
    if (auto spawned = Process::spawn(closing, {.shielded = true}); spawned) {
      spawned->let_go();
      return;
    }
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

/// What ssh_config leaves open is known a moment after the login has begun: seldom anything of what we would
/// set, and then it is begun again.
Result<Process> SshRemote::begin_login(const Waker& waker) {
  const SpawnOptions options{.error = settings_.batch ? Stderr::kept : Stderr::ours, .shielded = true};
  std::optional<Process> early;
  // Not where it could have asked somebody for something by then.
  if (settings_.batch) {
    auto login = Process::spawn(ssh_master(settings_, control_path()), options);
    if (!login) return login;
    early.emplace(std::move(*login));
  }
  const auto configuration = effective_configuration(settings_, waker);
  if (user_.empty()) user_ = configured_user(configuration);
  const auto assumed = std::exchange(settings_.defaults, defaults_beside(configuration));
  if (early && settings_.defaults == assumed) return std::move(*early);
  early.reset();
  return Process::spawn(ssh_master(settings_, control_path()), options);
}

Status SshRemote::connect(const Interrupt& interrupt) {
  if (directory_.empty()) {
    return fail(Errc::io, "cannot make a directory in $XDG_RUNTIME_DIR or /tmp: " + errno_text(errno));
  }
  if (interrupt.count() > 0) return tl::make_unexpected(interrupted(name_));
  auto login = begin_login(interrupt.waker());
  if (interrupt.count() > 0) return tl::make_unexpected(interrupted(name_));
  if (!login) return tl::make_unexpected(login.error());
  // With a terminal somebody may be typing a passphrase: ssh and sshd have deadlines of their own.
  const auto limit = settings_.batch ? std::chrono::minutes(2) : std::chrono::minutes(15);
  const auto status = login->wait(Clock::now() + limit, &interrupt.waker());
  if (interrupt.count() > 0) return tl::make_unexpected(interrupted(name_));
  if (!status) return fail(Errc::unavailable, "cannot be reached: ssh did not log in in time");
  if (*status != 0 && !settings_.batch) {
    return fail(Errc::unavailable, "cannot be reached: ssh's own words are above");
  }
  if (*status != 0) {
    return tl::make_unexpected(
        bridge_ended(name_, user_, kSshFailed, last_line(login->error_text()), /*sudo=*/false));
  }
  connected_ = true;
  return {};
}

Result<Connection> SshRemote::open(Way way) {
  const bool sudo = sudo_;
  const std::string program = elsewhere_ ? kBootstrappedProgram : kInstalledProgram;
  const bool fresh = way == Way::fresh;
  SpawnOptions options{.pipe_input = true, .pipe_output = true, .shielded = true};
  // The first new login may have to ask for a touch of a security key, which ssh says on a terminal alone;
  // the attempts after it would only repeat themselves there.
  if (fresh && !fresh_opened_.exchange(true) && !settings_.batch) options.error = Stderr::ours;
  const auto command = bridge_command(sudo ? settings_.escalation : Words{}, program);
  const auto argv = fresh ? ssh_fresh(settings_, command) : ssh_session(settings_, control_path(), command);
  auto spawned = Process::spawn(argv, options);
  if (!spawned) return tl::make_unexpected(spawned.error());
  const auto process = std::make_shared<Process>(std::move(*spawned));
  return Connection(process->take_input(), process->take_output(),
                    [process, sudo, program, missing = missing_, host = name_, user = user_]() -> Error {
                      const auto status = process->wait(Clock::now() + std::chrono::seconds(5));
                      if (!status) return {Errc::unavailable, "the connection ended"};
                      const auto said = last_line(process->error_text());
                      if (lacks_program(*status, said, sudo)) *missing = true;
                      return bridge_ended(host, user, *status, said, sudo, program);
                    });
}

bool SshRemote::become_root() { return !sudo_.exchange(true); }

bool SshRemote::look_elsewhere() { return *missing_ && !elsewhere_.exchange(true); }

std::string SshRemote::whoever() const {
  const auto who = user_.empty() ? std::string("the user of ssh_config") : printable(user_);
  return sudo_ ? who + ", with " + printable(settings_.escalation.front()) : who;
}

Result<Ran> SshRemote::run(const Words& argv, const Waker* waker) {
  return run_within(kAnswerTimeout, argv, waker);
}

Result<Ran> SshRemote::run_long(const Words& argv, const Waker* waker) {
  return run_within(kLongTimeout, argv, waker);
}

Result<Ran> SshRemote::run_within(std::chrono::milliseconds timeout, const Words& argv, const Waker* waker) {
  auto ran = run_program(ssh_session(settings_, control_path(), argv), {.shielded = true},
                         Clock::now() + timeout, waker);
  if (ran && ran->status == kSshFailed) {
    return tl::make_unexpected(bridge_ended(name_, user_, kSshFailed, last_line(ran->error), /*sudo=*/false));
  }
  return ran;
}

}  // namespace switchback
