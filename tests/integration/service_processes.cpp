// SPDX-License-Identifier: MIT
#include "tests/integration/service_processes.hpp"

#include "tests/integration/private_journal.hpp"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <vector>

namespace switchback::test {
namespace {

constexpr int kExecFailed = 203;  // as systemd.exec(5) has it

[[noreturn]] void become(const FakeUnit& unit) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0);
  become_process_of(unit.name, Journald::reads);
  auto argv = unit.argv();
  std::vector<std::string> environment;
  if (const auto given = unit.properties.find("Environment"); given != unit.properties.end())
    environment = given->second.get<std::vector<std::string>>();
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  };
  ::execve(argv.front().c_str(), pointers(argv).data(), pointers(environment).data());
  ::_exit(kExecFailed);
}

}  // namespace

ServiceProcesses::ServiceProcesses(EventLoop& loop, FakeManager& manager) : loop_(loop), manager_(manager) {
  manager_.jobs_end_at_once = true;
  manager_.on_transient = [this](FakeUnit& unit) { start(unit); };
  manager_.on_stop = [this](FakeUnit& unit) {
    if (const auto found = running_.find(unit.name); found != running_.end())
      ::kill(-found->second.pid, SIGTERM);
  };
}

ServiceProcesses::~ServiceProcesses() {
  manager_.on_transient = nullptr;
  manager_.on_stop = nullptr;
  for (auto& [name, process] : running_) {
    ::kill(-process.pid, SIGKILL);
    ::waitpid(process.pid, nullptr, 0);
  }
}

void ServiceProcesses::start(FakeUnit& unit) {
  const pid_t pid = ::fork();
  if (pid == 0) become(unit);
  ::setpgid(pid, pid);  // whichever of the two is first: it may be killed at once
  auto& process = running_[unit.name];
  process.pid = pid;
  process.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  process.source =
      loop_.add_io(process.pidfd.get(), EPOLLIN, [this, name = unit.name](std::uint32_t) { ended(name); });
}

void ServiceProcesses::ended(const std::string& name) {
  const auto process = std::move(running_.at(name));
  running_.erase(name);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(process.pid), &info, WEXITED);
  auto& unit = manager_.unit(name);
  if (unit.active == "inactive") return;
  unit.exec_code = info.si_code;
  unit.exec_status = info.si_status;
  const bool succeeded = info.si_code == CLD_EXITED && info.si_status == 0;
  if (info.si_code == CLD_EXITED && info.si_status == kExecFailed) unit.active_enter = 0;
  unit.result = succeeded ? "success" : info.si_code == CLD_EXITED ? "exit-code" : "signal";
  unit.set(succeeded ? "active" : "failed", succeeded ? "exited" : "failed");
  manager_.tell(name);
}

}  // namespace switchback::test
