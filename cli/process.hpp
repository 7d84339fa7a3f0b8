// SPDX-License-Identifier: MIT
// Runs another program, with its standard streams where the caller wants them. Knows neither ssh nor nix.
#pragma once

#include "activator/protocol/error.hpp"
#include "cli/fd.hpp"
#include "cli/waker.hpp"

#include <sys/types.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

enum class Stderr {
  ours,         // the program shares ours
  kept,         // kept, for `error_text`
  with_output,  // where the output goes
};

struct SpawnOptions {
  bool pipe_input = false;   // otherwise /dev/null
  bool pipe_output = false;  // otherwise /dev/null
  Stderr error = Stderr::kept;
  /// Ctrl-C, and the terminal's closing, reach every program of a terminal; this one does not hear them.
  bool shielded = false;
  bool own_group = false;                               // it leads a process group, which is ended with it
  std::map<std::string, std::string> environment = {};  // on top of ours
};

/// A running program; killed and waited for when its owner goes.
class Process {
 public:
  /// Errors: io, also when there is no such program in PATH.
  [[nodiscard]] static Result<Process> spawn(const std::vector<std::string>& argv,
                                             const SpawnOptions& options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) = delete;
  ~Process();

  [[nodiscard]] Fd take_input() { return std::move(input_); }
  [[nodiscard]] Fd take_output() { return std::move(output_); }
  /// The exit status, or 128 and the number of the signal; nullopt at `deadline` or when `waker` is woken.
  [[nodiscard]] std::optional<int> wait(Clock::time_point deadline, const Waker* waker = nullptr);
  void terminate() const;
  /// Before it can say a word.
  void kill() const;
  /// It goes on by itself, and nobody will know how it ended.
  void let_go() { pid_ = -1; }
  /// What it has written to its standard error, the last 64 KiB at most; empty when that is ours.
  [[nodiscard]] std::string error_text() const;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Process() = default;

  void send(int signal) const;

  pid_t pid_ = -1;
  bool group_ = false;
  std::optional<int> status_;
  Fd ended_;
  Fd input_;
  Fd output_;
  std::unique_ptr<std::FILE, CloseFile> error_;
};

/// What a program that has ended has left behind.
struct Ran {
  int status = 0;     // its exit status, or 128 and the number of the signal
  std::string out{};  // the first MiB of it
  std::string error{};
};
/// Runs `argv` to its end. Errors: io when it cannot be started; timeout at `deadline`, or when `waker` is
/// woken.
[[nodiscard]] Result<Ran> run_program(const std::vector<std::string>& argv, SpawnOptions options,
                                      Clock::time_point deadline, const Waker* waker = nullptr);

/// The last line of `text` that says something; empty when there is none.
[[nodiscard]] std::string last_line(const std::string& text);

}  // namespace switchback
