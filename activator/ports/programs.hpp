// SPDX-License-Identifier: MIT
// What the engine needs to run what a closure brings: somewhere that outlives the activator, as a group that
// can be ended. What an exit status means is core/kind.hpp's affair.
#pragma once

#include "activator/ports/host.hpp"
#include "activator/ports/unit_manager.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace switchback {

struct ProgramRun {
  std::vector<std::string> argv;  // argv[0] is an absolute path
  std::map<std::string, std::string> environment;
  std::string directory;
  std::string user = "root";
  std::string description;
  std::string activation;  // its id
  std::chrono::milliseconds deadline{};
};

/// How a program ended. `ran` is false when it was killed, timed out or never began, which `problem` tells.
struct ProgramEnd {
  bool ran = false;
  int exit_status = 0;
  std::string problem;
  std::vector<std::string> last_lines;  // of what it said
};

class Programs {
 public:
  Programs() = default;
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;
  virtual ~Programs() = default;

  /// `line` is called with each line of its output, `done` once, when all its processes have ended.
  virtual void run(ProgramRun program, std::function<void(const LogLine&)> line,
                   std::function<void(ProgramEnd)> done) = 0;
  /// Kills what runs; it answers then.
  virtual void cancel() = 0;
  /// Kills what an activator before this one left running for `activation`, and waits for its end.
  virtual void abandon(const std::string& activation, Callback<void> done) = 0;
};

}  // namespace switchback
