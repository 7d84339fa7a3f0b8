// SPDX-License-Identifier: MIT
#include "activator/adapters/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

extern char** environ;

namespace switchback {
namespace {

Result<std::array<UniqueFd, 2>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return fail(Errc::io, "cannot make a pipe: " + errno_text(errno));
  std::array<UniqueFd, 2> pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);  // ours alone: the child expects to block
  return pipe;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) environment.push_back(text);
  }
  for (const auto& [name, value] : added) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// A group of its own, so that all it starts can be killed; signals as a program expects them, since the loop
// blocks some in this process.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  ~SpawnAttributes() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
};

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of(" \n\r\t");
  if (end == std::string::npos) return "";
  const auto begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

}  // namespace

std::string ChildResult::describe() const {
  std::string text = timed_out     ? "it did not end in time and was killed"
                     : exit_status ? "exit status " + std::to_string(*exit_status)
                                   : "killed by signal " + std::to_string(signal);
  const auto said = last_line(err);
  return said.empty() ? text : text + ": " + said;
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(EventLoop& loop, const ChildCommand& command,
                                                          std::function<void(ChildResult)> done) {
  std::unique_ptr<ChildProcess> child(new ChildProcess(std::move(done)));
  if (auto spawned = child->spawn(command); !spawned)
    return tl::make_unexpected(with_context(spawned.error(), "cannot run " + command.argv.front()));
  child->listen(loop, command.deadline);
  return child;
}

Status ChildProcess::spawn(const ChildCommand& command) {
  auto out = make_pipe();
  if (!out) return tl::make_unexpected(out.error());
  auto err = make_pipe();
  if (!err) return tl::make_unexpected(err.error());
  SpawnAttributes spawn;
  posix_spawn_file_actions_adddup2(&spawn.actions, (*out)[1].get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.actions, (*err)[1].get(), STDERR_FILENO);
  auto argv = command.argv;
  auto environment = merged_environment(command.environment);
  const int error = ::posix_spawn(&pid_, argv.front().c_str(), &spawn.actions, &spawn.attributes,
                                  pointers(argv).data(), pointers(environment).data());
  if (error != 0) {
    pid_ = -1;
    return fail(Errc::io, errno_text(error));
  }
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_.valid()) return fail(Errc::io, "cannot watch it: " + errno_text(errno));
  out_.fd = std::move((*out)[0]);
  err_.fd = std::move((*err)[0]);
  return {};
}

void ChildProcess::listen(EventLoop& loop, std::chrono::milliseconds deadline) {
  out_.source = loop.add_io(out_.fd.get(), EPOLLIN, [this](std::uint32_t) { read(out_, result_.out); });
  err_.source = loop.add_io(err_.fd.get(), EPOLLIN, [this](std::uint32_t) { read(err_, result_.err); });
  exit_source_ = loop.add_io(pidfd_.get(), EPOLLIN, [this](std::uint32_t) { ended(); });
  deadline_ = loop.arm(deadline, [this] {
    result_.timed_out = true;
    kill_group();
  });
}

void ChildProcess::read(Stream& stream, std::string& into) {
  char buffer[16384];
  const auto count = ::read(stream.fd.get(), buffer, sizeof buffer);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return stream.source.reset();
  into.append(buffer, static_cast<std::size_t>(count));
  if (into.size() > 2 * kMaxOutputBytes) into.erase(0, into.size() - kMaxOutputBytes);
}

void ChildProcess::ended() {
  siginfo_t info{};
  if (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG) <
          0 ||
      info.si_pid == 0) {
    return;
  }
  if (info.si_code == CLD_EXITED) {
    result_.exit_status = info.si_status;
  } else {
    result_.signal = info.si_status;
  }
  // What it wrote is in the pipes by now. What its own children may still write is of no interest, and must
  // not keep us.
  for (auto* stream : {&out_, &err_}) {
    auto& into = stream == &out_ ? result_.out : result_.err;
    for (std::size_t before = into.size() + 1; stream->source && before != into.size();) {
      before = into.size();
      read(*stream, into);
    }
    if (into.size() > kMaxOutputBytes) into.erase(0, into.size() - kMaxOutputBytes);
  }
  pid_ = -1;
  finish();
}

void ChildProcess::finish() {
  exit_source_.reset();
  out_.source.reset();
  err_.source.reset();
  deadline_.reset();
  const auto done = std::exchange(done_, nullptr);
  done(std::move(result_));
}

void ChildProcess::kill_group() const {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  kill_group();
  // It is dead or dying: this waits for the kernel alone.
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& directories) {
  std::vector<std::string> all;
  const char* path = std::getenv("PATH");
  std::stringstream entries(path == nullptr ? "" : path);
  for (std::string entry; std::getline(entries, entry, ':');) {
    if (entry.starts_with('/')) all.push_back(entry);
  }
  all.insert(all.end(), directories.begin(), directories.end());
  for (const auto& directory : all) {
    auto candidate = directory + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace switchback
