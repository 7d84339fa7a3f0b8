// SPDX-License-Identifier: MIT
// The processes behind a FakeManager's transient units: really started, with their output in the private
// journal as PID 1 would have it, and their end in the unit's properties.
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/unique_fd.hpp"
#include "tests/integration/fake_manager.hpp"

#include <sys/types.h>

#include <map>
#include <string>

namespace switchback::test {

class ServiceProcesses {
 public:
  ServiceProcesses(EventLoop& loop, FakeManager& manager);
  ~ServiceProcesses();
  ServiceProcesses(const ServiceProcesses&) = delete;
  ServiceProcesses& operator=(const ServiceProcesses&) = delete;

 private:
  struct Running {
    pid_t pid = -1;
    UniqueFd pidfd;
    LoopSource source;
  };
  void start(FakeUnit& unit);
  void ended(const std::string& name);

  EventLoop& loop_;
  FakeManager& manager_;
  std::map<std::string, Running> running_;
};

}  // namespace switchback::test
