// SPDX-License-Identifier: MIT
#include "cli/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>

extern char** environ;

namespace switchback {
namespace {

constexpr off_t kErrorTextBytes = 65'536;
constexpr std::size_t kOutputBytes = 1'048'576;
constexpr std::chrono::milliseconds kWaitStep{10};  // where the end of a program is no event

/// Between a pipe's making and its close-on-exec flag no other thread may spawn: its child would inherit the
/// pipe, and whoever waits for its end would wait for that child. (macOS has no pipe2.)
std::mutex spawning;

struct Pipe {
  Fd reading;
  Fd writing;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return fail(Errc::io, "cannot make a pipe: " + errno_text(errno));
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& more) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!more.contains(text.substr(0, text.find('=')))) out.push_back(text);
  }
  for (const auto& [name, value] : more) out.emplace_back(name).append("=").append(value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void duplicate(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void open_null(int fd) { posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes(bool shielded, bool own_group) {
    posix_spawnattr_init(&attributes_);
    sigset_t reset;
    sigemptyset(&reset);
    sigaddset(&reset, SIGPIPE);  // ours is ignored, which would be inherited
    posix_spawnattr_setsigdefault(&attributes_, &reset);
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGHUP}) {
      if (shielded) sigaddset(&blocked, signal);
    }
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setpgroup(&attributes_, 0);
    const int group = own_group ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(&attributes_,
                             static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group));
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// Readable once the program has ended; none where the system has no such thing. Source: pidfd_open(2).
Fd open_process(pid_t pid) {
#ifdef SYS_pidfd_open
  return Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0U)));
#else
  static_cast<void>(pid);
  return Fd();
#endif
}

int exit_status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

}  // namespace

Result<Process> Process::spawn(const std::vector<std::string>& argv, const SpawnOptions& options) {
  const std::lock_guard lock(spawning);
  Process process;
  FileActions actions;
  Pipe input;
  Pipe output;
  if (options.pipe_input) {
    auto made = make_pipe();
    if (!made) return tl::make_unexpected(made.error());
    input = std::move(*made);
    actions.duplicate(input.reading.get(), STDIN_FILENO);
  } else {
    actions.open_null(STDIN_FILENO);
  }
  if (options.pipe_output) {
    auto made = make_pipe();
    if (!made) return tl::make_unexpected(made.error());
    output = std::move(*made);
    actions.duplicate(output.writing.get(), STDOUT_FILENO);
  } else {
    actions.open_null(STDOUT_FILENO);
  }
  if (options.error == Stderr::with_output) actions.duplicate(STDOUT_FILENO, STDERR_FILENO);
  if (options.error == Stderr::kept) {
    process.error_.reset(std::tmpfile());
    if (!process.error_) return fail(Errc::io, "cannot make a temporary file: " + errno_text(errno));
    fcntl(fileno(process.error_.get()), F_SETFD, FD_CLOEXEC);
    actions.duplicate(fileno(process.error_.get()), STDERR_FILENO);
  }
  auto words = argv;
  auto variables = merged_environment(options.environment);
  const Attributes attributes(options.shielded, options.own_group);
  const int error = posix_spawnp(&process.pid_, argv.front().c_str(), actions.get(), attributes.get(),
                                 pointers(words).data(), pointers(variables).data());
  if (error != 0) {
    process.pid_ = -1;
    return fail(Errc::io, "cannot run " + argv.front() + ": " + errno_text(error));
  }
  process.group_ = options.own_group;
  process.ended_ = open_process(process.pid_);
  process.input_ = std::move(input.writing);
  process.output_ = std::move(output.reading);
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      group_(other.group_),
      status_(other.status_),
      ended_(std::move(other.ended_)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)) {}

Process::~Process() {
  if (pid_ < 0 || status_) return;
  input_.close();
  output_.close();
  terminate();
  if (wait(Clock::now() + std::chrono::seconds(2))) return;
  kill();
  int ignored = 0;
  waitpid(pid_, &ignored, 0);
}

std::optional<int> Process::wait(Clock::time_point deadline, const Waker* waker) {
  for (;;) {
    int wait_status = 0;
    const pid_t ended = waitpid(pid_, &wait_status, WNOHANG);
    if (ended == pid_) status_ = exit_status_of(wait_status);
    if (ended < 0 && errno != EINTR) status_ = 128;  // somebody else has waited for it
    const auto now = Clock::now();
    if (status_ || now >= deadline) return status_;
    std::array<pollfd, 2> watched{
        {{ended_.get(), POLLIN, 0}, {waker != nullptr ? waker->fd() : -1, POLLIN, 0}}};
    const auto until = ended_.get() >= 0 ? deadline : std::min(deadline, now + kWaitStep);
    poll(watched.data(), watched.size(), poll_timeout(until));
    if (watched[1].revents != 0) return status_;
  }
}

void Process::terminate() const { send(SIGTERM); }

void Process::kill() const { send(SIGKILL); }

void Process::send(int signal) const {
  if (pid_ >= 0 && !status_) ::kill(group_ ? -pid_ : pid_, signal);
}

std::string Process::error_text() const {
  if (!error_) return "";
  const int fd = fileno(error_.get());
  // Without seeking: the program shares the file's offset.
  struct stat file {};
  if (fstat(fd, &file) != 0) return "";
  const off_t end = file.st_size;
  const auto begin = std::max<off_t>(0, end - kErrorTextBytes);
  std::string text(static_cast<std::size_t>(end - begin), '\0');
  const auto count = pread(fd, text.data(), text.size(), begin);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

Result<Ran> run_program(const std::vector<std::string>& argv, SpawnOptions options,
                        Clock::time_point deadline, const Waker* waker) {
  options.pipe_output = true;
  auto process = Process::spawn(argv, options);
  if (!process) return tl::make_unexpected(process.error());
  const auto late = [&] { return fail(Errc::timeout, argv.front() + " did not end in time"); };
  const auto output = process->take_output();
  std::string out;
  for (;;) {
    std::array<pollfd, 2> watched{
        {{output.get(), POLLIN, 0}, {waker != nullptr ? waker->fd() : -1, POLLIN, 0}}};
    const int ready = poll(watched.data(), watched.size(), poll_timeout(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || watched[1].revents != 0) return late();
    std::array<char, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() writes it
    const auto count = read(output.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    if (out.size() < kOutputBytes) out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  const auto status = process->wait(deadline, waker);
  if (!status) return late();
  return Ran{*status, std::move(out), process->error_text()};
}

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of(" \r\n\t");
  if (end == std::string::npos) return "";
  const auto begin = text.find_last_of("\r\n", end);
  const auto first = begin == std::string::npos ? 0 : begin + 1;
  return text.substr(first, end - first + 1);
}

}  // namespace switchback
