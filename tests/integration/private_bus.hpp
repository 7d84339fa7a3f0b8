// SPDX-License-Identifier: MIT
// A message bus of the test's own, that can go away and come back at the same address.
#pragma once

#include "tests/support/temp_dir.hpp"
#include "tests/support/testhost/process.hpp"

#include <memory>
#include <string>

namespace switchback::test {

class PrivateBus {
 public:
  PrivateBus() { start(); }
  ~PrivateBus() { stop(); }
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  [[nodiscard]] std::string address() const { return "unix:path=" + (directory_ / "bus"); }
  void start();
  [[nodiscard]] bool runs() const { return daemon_ != nullptr; }
  /// Its clients see the connection end at once.
  void stop();
  /// It listens, and does not answer, until thawed.
  void freeze() const;
  void thaw() const;

 private:
  TempDir directory_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace switchback::test
