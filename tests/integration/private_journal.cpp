// SPDX-License-Identifier: MIT
#include "tests/integration/private_journal.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace switchback::test {
namespace {

constexpr const char* kConfig =
    "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nForwardToSyslog=no\nForwardToWall=no\n"
    "RateLimitIntervalSec=0\n";

sockaddr_un address_of(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path);
  return address;
}

void put(int fd, const std::string& text) {
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(70);
}

}  // namespace

PrivateJournal::PrivateJournal() {
  mounts_.mount_empty("/run");
  for (const auto* made : {"/run/systemd/journal", "/run/systemd/units", "/run/log/journal"})
    std::filesystem::create_directories(made);
  directory_.write("journald.conf", kConfig);
  mounts_.bind(directory_ / "journald.conf", "/etc/systemd/journald.conf");
  daemon_ = std::make_unique<Process>(std::vector<std::string>{"/lib/systemd/systemd-journald"});
  // It says nothing when it is there; its sockets come last.
  for (int tries = 0; !std::filesystem::exists("/run/systemd/journal/io.systemd.journal"); ++tries) {
    if (tries > 1000 || !daemon_->running())
      throw std::runtime_error("journald did not start: " + daemon_->err());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void become_process_of(const std::string& unit, Journald journald) {
  for (const auto* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"}) {
    const int fd = ::open((std::string(root) + "/cgroup.procs").c_str(), O_WRONLY);
    if (fd >= 0 && ::write(fd, "0", 1) < 0) {  // not a hierarchy that counts
    }
    if (fd >= 0) ::close(fd);
  }
  const int stream = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const auto address = address_of("/run/systemd/journal/stdout");
  if (::connect(stream, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) ::_exit(70);
  // What is written between its accept(2) and its asking for our credentials comes from nobody.
  if (journald == Journald::reads) PrivateJournal::synchronize();
  // Identifier, unit, priority, priority prefix, and three destinations that are not wanted.
  put(stream, unit + "\n" + unit + "\n6\n1\n0\n0\n0\n");
  ::dup2(stream, STDOUT_FILENO);
  ::dup2(stream, STDERR_FILENO);
}

void PrivateJournal::synchronize() {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const auto address = address_of("/run/systemd/journal/io.systemd.journal");
  constexpr char kCall[] = R"({"method":"io.systemd.Journal.Synchronize"})";
  char reply[256];
  const bool asked = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::write(fd, kCall, sizeof kCall) == sizeof kCall && ::read(fd, reply, sizeof reply) > 0;
  ::close(fd);
  if (!asked) throw std::runtime_error("journald does not synchronize");
}

void PrivateJournal::say(const std::string& unit, const std::string& text) const {
  speak(unit, text, Journald::reads);
  synchronize();
}

void PrivateJournal::say_unheard(const std::string& unit, const std::string& text) const {
  speak(unit, text, Journald::hangs);
}

// journald may not know the unit of a process that is gone already: the speaker stays until the end.
void PrivateJournal::speak(const std::string& unit, const std::string& text, Journald journald) const {
  int spoken[2];
  if (::pipe2(spoken, O_CLOEXEC) < 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    become_process_of(unit, journald);
    put(STDOUT_FILENO, text + "\n");
    put(spoken[1], "!");
    while (true) ::pause();
  }
  speakers_.push_back(child);
  ::close(spoken[1]);
  char byte = 0;
  const auto count = ::read(spoken[0], &byte, 1);
  ::close(spoken[0]);
  if (count != 1) throw std::runtime_error("a process cannot speak to journald");
}

void PrivateJournal::say_and_exit(const std::string& unit, const std::string& text) {
  const pid_t child = ::fork();
  if (child == 0) {
    become_process_of(unit, Journald::hangs);
    put(STDOUT_FILENO, text + "\n");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

PrivateJournal::~PrivateJournal() {
  for (const pid_t speaker : speakers_) {
    ::kill(speaker, SIGKILL);
    ::waitpid(speaker, nullptr, 0);
  }
}

void PrivateJournal::say_as_manager(const std::string& unit, const std::string& invocation,
                                    const std::string& text) const {
  send({"MESSAGE=" + text, "PRIORITY=5", "UNIT=" + unit, "INVOCATION_ID=" + invocation}, 1);
}

void PrivateJournal::send(const std::vector<std::string>& fields, pid_t as) const {
  std::string entry;
  for (const auto& field : fields) entry += field + "\n";
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  auto address = address_of("/run/systemd/journal/socket");
  iovec data{entry.data(), entry.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_CREDENTIALS;
  header->cmsg_len = CMSG_LEN(sizeof(ucred));
  const ucred credentials{as == 0 ? ::getpid() : as, 0, 0};
  std::memcpy(CMSG_DATA(header), &credentials, sizeof credentials);
  const auto sent = ::sendmsg(fd, &message, 0);
  ::close(fd);
  if (sent < 0) throw std::runtime_error("journald takes no entry");
  synchronize();
}

void PrivateJournal::begin_invocation(const std::string& unit, const std::string& invocation) const {
  end_invocation(unit);
  std::filesystem::create_symlink(invocation, "/run/systemd/units/invocation:" + unit);
}

void PrivateJournal::end_invocation(const std::string& unit) {
  std::filesystem::remove("/run/systemd/units/invocation:" + unit);
}

void PrivateJournal::freeze() const {
  ::kill(daemon_->pid(), SIGSTOP);
  ::waitid(P_PID, static_cast<id_t>(daemon_->pid()), nullptr, WSTOPPED | WNOWAIT);
}

void PrivateJournal::thaw() const { ::kill(daemon_->pid(), SIGCONT); }

}  // namespace switchback::test
