// SPDX-License-Identifier: MIT
// Boots the root of a host's world with systemd-nspawn, and ends it: in order, or as a crash does.
#pragma once

#include "tests/support/testhost/world.hpp"

#include <memory>
#include <string>

namespace switchback::test {

class Container {
 public:
  Container(World& world, std::string name);
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  /// Returns when systemd and sshd are up; `state` is then `running` or `degraded`. Throws with the console's
  /// text.
  void boot(Duration deadline);
  /// SIGKILL to PID 1; returns when nothing of it is left.
  void crash();
  /// Waits until it has ended by itself. True: it wants to be booted again.
  bool wait_until_off(Duration deadline);

  [[nodiscard]] bool on() const;
  [[nodiscard]] std::string state() const { return state_; }
  /// All that it has written to its console, over all boots.
  [[nodiscard]] std::string console() const;
  /// Runs a program in the container, by its namespaces: neither the network nor sshd nor the bus is needed.
  [[nodiscard]] std::vector<std::string> enter(const std::vector<std::string>& argv) const;

 private:
  [[nodiscard]] pid_t find_init() const;
  void wait_until_up(std::chrono::steady_clock::time_point until);
  [[noreturn]] void give_up(const std::string& what) const;

  World& world_;
  std::string name_;
  std::string console_path_;
  std::string state_;
  pid_t init_ = -1;
  std::unique_ptr<Process> supervisor_;
};

}  // namespace switchback::test
