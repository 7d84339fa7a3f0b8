// SPDX-License-Identifier: MIT
#include "tests/support/testhost/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace switchback::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

struct Ends {
  int ours = -1;
  int theirs = -1;
};

Ends make_pipe(bool we_write) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) fail("pipe");
  return we_write ? Ends{ends[1], ends[0]} : Ends{ends[0], ends[1]};
}

Ends make_terminal() {
  Ends ends;
  winsize size{};
  size.ws_row = 24;
  size.ws_col = 80;
  if (::openpty(&ends.ours, &ends.theirs, nullptr, nullptr, &size) < 0) fail("openpty");
  ::fcntl(ends.ours, F_SETFD, FD_CLOEXEC);
  ::fcntl(ends.theirs, F_SETFD, FD_CLOEXEC);
  return ends;
}

// Between fork and exec: async-signal-safe calls only, there are threads.
[[noreturn]] void become(char* const* argv, int in, int out, int err, bool terminal) {
  ::setsid();
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (terminal) ::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // An ignored signal stays ignored over exec, and a shell gives its background jobs such.
  for (const int number : {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  ::execvp(argv[0], argv);
  ::_exit(127);
}

}  // namespace

Process::Process(std::vector<std::string> argv, ProcessOptions options)
    : argv_(std::move(argv)), pending_input_(std::move(options.input)), hold_input_(options.hold_input) {
  ::signal(SIGPIPE, SIG_IGN);
  Ends in;
  Ends out;
  Ends err;
  if (options.terminal) {
    in = out = err = make_terminal();
    hold_input_ = true;
  } else {
    in = make_pipe(true);
    out = make_pipe(false);
    err = make_pipe(false);
  }
  in_ = in.ours;
  out_ = out.ours;
  err_ = options.terminal ? -1 : err.ours;
  if (!options.also_write_to.empty()) {
    copy_ = ::open(options.also_write_to.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (copy_ < 0) fail(options.also_write_to);
  }

  std::vector<char*> arguments;
  arguments.reserve(argv_.size() + 1);
  for (auto& argument : argv_) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become(arguments.data(), in.theirs, out.theirs, err.theirs, options.terminal);

  close_fd(in.theirs);
  if (!options.terminal) {
    close_fd(out.theirs);
    close_fd(err.theirs);
  }
  for (const int fd : {in_, out_, err_}) {
    if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (pidfd_ < 0 || wake_ < 0) fail("pidfd_open");
  collector_ = std::thread([this] { collect(); });
}

Process::~Process() {
  kill_all();
  collector_.join();
  if (in_ != out_) close_fd(in_);
  for (int* fd : {&out_, &err_, &copy_, &wake_, &pidfd_}) close_fd(*fd);
}

// Returns false at the end of the stream.
bool Process::drain(int fd, std::string& text) {
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;  // EIO: nobody has the terminal open any more
    if (count == 0) return false;
    if (fd == out_ && copy_ >= 0) (void)!::write(copy_, buffer.data(), static_cast<size_t>(count));
    const std::lock_guard lock(mutex_);
    text.append(buffer.data(), static_cast<size_t>(count));
    changed_.notify_all();
  }
}

// The end of the process is the end, even if a daemon it started still has its output open.
void Process::collect() {
  bool out_open = true;
  bool err_open = err_ >= 0;
  bool ended = false;
  while (!ended) {
    std::array<pollfd, 5> fds{{{pidfd_, POLLIN, 0},
                               {wake_, POLLIN, 0},
                               {out_open ? out_ : -1, POLLIN, 0},
                               {err_open ? err_ : -1, POLLIN, 0},
                               {-1, POLLOUT, 0}}};
    {
      const std::lock_guard lock(mutex_);
      if (pending_input_.empty() && !hold_input_ && in_ != out_) close_fd(in_);
      if (!pending_input_.empty()) fds[4].fd = in_;
    }
    ::poll(fds.data(), fds.size(), -1);
    ended = fds[0].revents != 0;
    if (fds[1].revents != 0) {
      eventfd_t ignored = 0;
      ::eventfd_read(wake_, &ignored);
    }
    if (fds[4].revents != 0) {
      const std::lock_guard lock(mutex_);
      const ssize_t count = ::write(in_, pending_input_.data(), pending_input_.size());
      if (count >= 0) pending_input_.erase(0, static_cast<size_t>(count));
      if (count < 0 && errno != EAGAIN) {
        pending_input_.clear();
        hold_input_ = in_ == out_;
      }
    }
    if (out_open) out_open = drain(out_, out_text_);
    if (err_open) err_open = drain(err_, err_text_);
  }
  if (out_open) drain(out_, out_text_);
  if (err_open) drain(err_, err_text_);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  const std::lock_guard lock(mutex_);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended_ = true;
  changed_.notify_all();
}

std::string Process::out() const {
  const std::lock_guard lock(mutex_);
  return out_text_;
}

std::string Process::err() const {
  const std::lock_guard lock(mutex_);
  return err_text_;
}

bool Process::running() const {
  const std::lock_guard lock(mutex_);
  return !ended_;
}

std::string Process::describe() const {
  std::string text = "`";
  for (const auto& argument : argv_) text += argument + " ";
  text.back() = '`';
  return text + "\n--- output:\n" + out_text_ + "\n--- errors:\n" + err_text_;
}

void Process::wait_for_output(const std::function<bool(const std::string&, const std::string&)>& accept,
                              Duration deadline, const std::string& what) {
  std::unique_lock lock(mutex_);
  const auto accepted = [&] { return accept(out_text_, err_text_); };
  changed_.wait_for(lock, deadline, [&] { return ended_ || accepted(); });
  if (accepted()) return;
  throw std::runtime_error((ended_ ? "it ended with " + std::to_string(status_) + " without " : "no ") +
                           what + ": " + describe());
}

void Process::wait_for_output(const std::string& text, Duration deadline) {
  wait_for_output(
      [&](const std::string& out, const std::string& err) {
        return out.find(text) != std::string::npos || err.find(text) != std::string::npos;
      },
      deadline, "\"" + text + "\"");
}

bool Process::ended_within(Duration deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline, [&] { return ended_; });
}

int Process::wait(Duration deadline) {
  const bool ended = ended_within(deadline);
  const std::lock_guard lock(mutex_);
  if (!ended) throw std::runtime_error("still running after its deadline: " + describe());
  return status_;
}

void Process::type(const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    pending_input_ += text;
  }
  ::eventfd_write(wake_, 1);
}

void Process::close_input() {
  {
    const std::lock_guard lock(mutex_);
    hold_input_ = false;
  }
  ::eventfd_write(wake_, 1);
}

void Process::signal(int number) const {
  if (running()) ::kill(-pid_, number);
}

void Process::kill() const {
  if (running()) ::kill(pid_, SIGKILL);
}

void Process::kill_all() const { signal(SIGKILL); }

CommandResult run_command(std::vector<std::string> argv, ProcessOptions options, Duration deadline) {
  Process process(std::move(argv), std::move(options));
  const int status = process.wait(deadline);
  return {status, process.out(), process.err()};
}

std::string output_of(std::vector<std::string> argv, ProcessOptions options, Duration deadline) {
  const std::string program = argv.empty() ? "" : argv.front();
  std::string line;
  for (const auto& argument : argv) line += argument + " ";
  CommandResult result = run_command(std::move(argv), std::move(options), deadline);
  if (result.status != 0) {
    throw std::runtime_error(line + "failed with " + std::to_string(result.status) + ":\n" + result.out +
                             result.err);
  }
  if (!result.out.empty() && result.out.back() == '\n') result.out.pop_back();
  return result.out;
}

}  // namespace switchback::test
