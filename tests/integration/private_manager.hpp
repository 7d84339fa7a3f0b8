// SPDX-License-Identifier: MIT
// PID 1's private socket: systemd's manager without a bus, in a thread of its own, since those who talk to it
// may block. It starts units, and tells of that by JobRemoved alone.
#pragma once

#include "tests/support/temp_dir.hpp"

#include <systemd/sd-bus.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace switchback::test {

class PrivateManager {
 public:
  /// Starting a unit of `unstartable` is refused; of any other, `start` is called, from the thread.
  explicit PrivateManager(std::set<std::string> unstartable = {},
                          std::function<void(const std::string& unit)> start = {});
  ~PrivateManager();
  PrivateManager(const PrivateManager&) = delete;
  PrivateManager& operator=(const PrivateManager&) = delete;

  [[nodiscard]] std::string socket() const { return directory_ / "private"; }
  /// The units that were to be started.
  [[nodiscard]] std::vector<std::string> started() const;

 private:
  void serve();
  void serve_one(int fd);
  int called(sd_bus_message* call);
  static int handle(sd_bus_message* call, void* self, sd_bus_error*);

  TempDir directory_;
  std::set<std::string> unstartable_;
  std::function<void(const std::string&)> start_;
  mutable std::mutex mutex_;
  std::vector<std::string> started_;
  std::atomic<bool> stop_ = false;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace switchback::test
