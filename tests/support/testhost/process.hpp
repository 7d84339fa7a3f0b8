// SPDX-License-Identifier: MIT
// Runs a program and collects what it says while it runs, through pipes or a pseudo-terminal of 80 columns.
// Every wait has a deadline, and one that passes throws std::runtime_error with the program's output in it.
// It does not know in whose namespaces the program runs: see world.hpp.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace switchback::test {

using Duration = std::chrono::milliseconds;

struct ProcessOptions {
  std::string input;        ///< Given to standard input, which is then closed; typed if there is a terminal.
  bool hold_input = false;  ///< Keep standard input open until `close_input`.
  bool terminal = false;    ///< Run under a pseudo-terminal; standard error then is part of `out`.
  std::string also_write_to;  ///< A file that receives a copy of `out`, as it comes.
};

class Process {
 public:
  explicit Process(std::vector<std::string> argv, ProcessOptions options = {});
  /// Kills what still runs of the process group.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  [[nodiscard]] bool running() const;

  /// Waits until `out` or `err` contains `text`.
  void wait_for_output(const std::string& text, Duration deadline = std::chrono::seconds(30));
  /// Waits until `accept`, given `out` and `err`, says yes; throws too when the process has ended without.
  void wait_for_output(const std::function<bool(const std::string&, const std::string&)>& accept,
                       Duration deadline = std::chrono::seconds(30), const std::string& what = "output");
  /// Waits for the end. Returns the exit status, or 128 + the signal's number.
  int wait(Duration deadline = std::chrono::seconds(60));
  /// As `wait`, but says whether it ended.
  bool ended_within(Duration deadline);

  /// As on a keyboard; needs `terminal`.
  void type(const std::string& text);
  void close_input();
  /// To the process group, as the terminal's Ctrl-C is.
  void signal(int number) const;
  /// SIGKILL to this one process; its children find out by themselves.
  void kill() const;
  /// SIGKILL to the process group.
  void kill_all() const;

 private:
  void collect();
  bool drain(int fd, std::string& text);
  [[nodiscard]] std::string describe() const;

  std::vector<std::string> argv_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  int copy_ = -1;
  int wake_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string pending_input_;
  bool hold_input_ = false;
  std::string out_text_;
  std::string err_text_;
  bool ended_ = false;
  int status_ = 0;
  std::thread collector_;
};

struct CommandResult {
  int status = 0;
  std::string out;
  std::string err;
};

/// Runs to the end. Throws only if it does not end in time.
CommandResult run_command(std::vector<std::string> argv, ProcessOptions options = {},
                          Duration deadline = std::chrono::seconds(60));

/// As `run_command`, for what must succeed: returns the standard output without its last line end; throws
/// otherwise.
std::string output_of(std::vector<std::string> argv, ProcessOptions options = {},
                      Duration deadline = std::chrono::seconds(60));

}  // namespace switchback::test
