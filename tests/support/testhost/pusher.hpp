// SPDX-License-Identifier: MIT
// The machine that pushes: a network namespace with links to its hosts, a home with an ssh key that opens
// them, a nix store of its own. The developer's home and /nix are never touched. `ssh root@target` and `ssh
// target` simply work.
#pragma once

#include "tests/support/testhost/link.hpp"
#include "tests/support/testhost/world.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace switchback::test {

struct PusherOptions {
  std::map<std::string, std::string> env;
  std::string input;
  bool terminal = false;  ///< 80 columns; TERM is xterm then
  Duration deadline = std::chrono::seconds(60);
};

using PusherProcess = Process;

class Pusher {
 public:
  Pusher();

  /// Runs a program to its end. The environment is what is given and a few plain variables, nothing of the
  /// developer's.
  CommandResult run(const std::vector<std::string>& argv, const PusherOptions& options = {}) const;
  /// As `run`, for what must succeed: returns the standard output.
  std::string output_of(const std::vector<std::string>& argv, const PusherOptions& options = {}) const;
  /// Starts one and returns. A signal reaches the program itself, there is no shell above it.
  std::unique_ptr<PusherProcess> start(const std::vector<std::string>& argv,
                                       const PusherOptions& options = {}) const;

  /// Real directories, to be written by tests. `bin` is first in PATH and has `switchback`, if that was
  /// built.
  [[nodiscard]] std::filesystem::path home() const { return world_.directory() / "home"; }
  [[nodiscard]] std::filesystem::path bin() const { return world_.directory() / "bin"; }
  [[nodiscard]] std::filesystem::path scratch() const { return world_.directory() / "tmp"; }

  /// Wires the host up and makes it known by `name`. Called by TestHost.
  std::unique_ptr<Link> connect(const World& host, const std::string& name);
  /// Makes what is at `address` known by `name`, to ssh also with lines of its configuration.
  /// Called by Machine.
  void know(const std::string& name, const std::string& address, const std::string& ssh_lines = "");

 private:
  [[nodiscard]] std::vector<std::string> enter(const std::vector<std::string>& argv,
                                               const PusherOptions& options) const;

  World world_;
  int hosts_ = 0;
};

}  // namespace switchback::test
