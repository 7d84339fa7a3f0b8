// SPDX-License-Identifier: MIT
// A program run beside the loop: its output, how it ended, and that it ends at all. For short helpers such as
// nix-env; what must survive the activator runs as a transient unit (transient_runner.hpp).
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/unique_fd.hpp"
#include "activator/protocol/error.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

inline constexpr std::size_t kMaxOutputBytes = std::size_t{64} * 1024;

struct ChildCommand {
  std::vector<std::string> argv;                   // argv[0] is a path
  std::map<std::string, std::string> environment;  // added to our own
  std::chrono::milliseconds deadline{60'000};
};

struct ChildResult {
  std::optional<int> exit_status;  // absent: ended by a signal
  int signal = 0;
  bool timed_out = false;  // killed, with all its process group, at the deadline
  std::string out;         // the last kMaxOutputBytes of standard output
  std::string err;         // of standard error

  [[nodiscard]] bool succeeded() const { return exit_status == 0 && !timed_out; }
  /// How it ended and its last line of standard error, for a person: «exit status 1: error: path … is not
  /// valid».
  [[nodiscard]] std::string describe() const;
};

/// Running while it lives: destroying it kills the process group.
class ChildProcess {
 public:
  /// `done` is called once, from the loop; it may destroy this object.
  /// Errors: io when it cannot be started.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(EventLoop& loop,
                                                                   const ChildCommand& command,
                                                                   std::function<void(ChildResult)> done);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

 private:
  struct Stream {
    UniqueFd fd;
    LoopSource source;
  };
  explicit ChildProcess(std::function<void(ChildResult)> done) : done_(std::move(done)) {}
  [[nodiscard]] Status spawn(const ChildCommand& command);
  void listen(EventLoop& loop, std::chrono::milliseconds deadline);
  void read(Stream& stream, std::string& into);
  void ended();
  void kill_group() const;
  void finish();

  std::function<void(ChildResult)> done_;
  ChildResult result_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  LoopSource exit_source_;
  Stream out_;
  Stream err_;
  std::unique_ptr<Timer> deadline_;
};

/// The first of `directories` that has an executable `name`; those on $PATH come before.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name,
                                                      const std::vector<std::string>& directories);

}  // namespace switchback
