// SPDX-License-Identifier: MIT
#include "tests/support/testhost/container.hpp"

#include <csignal>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace switchback::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr Duration kPoll{10};  // for what gives no event: the first moments of a boot

std::vector<pid_t> children_of(pid_t pid) {
  const std::string id = std::to_string(pid);
  std::vector<pid_t> children;
  try {
    std::istringstream text(read_text("/proc/" + id + "/task/" + id + "/children"));
    for (pid_t child = 0; text >> child;) children.push_back(child);
  } catch (const std::runtime_error&) {  // gone
  }
  return children;
}

// PID 1 of a namespace two below ours: the world's and the container's.
bool is_init(pid_t pid) {
  try {
    std::istringstream status(read_text("/proc/" + std::to_string(pid) + "/status"));
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("NSpid:")) continue;
      std::istringstream ids(line.substr(6));
      std::vector<pid_t> all;
      for (pid_t id = 0; ids >> id;) all.push_back(id);
      return all.size() >= 3 && all.back() == 1;
    }
  } catch (const std::runtime_error&) {  // gone
  }
  return false;
}

Duration left(Clock::time_point until) {
  return std::max(Duration{0}, std::chrono::duration_cast<Duration>(until - Clock::now()));
}

}  // namespace

Container::Container(World& world, std::string name)
    : world_(world), name_(std::move(name)), console_path_(world.directory() / "console.log") {}

Container::~Container() {
  if (!on() || init_ < 0) return;
  // Its supervisors first would leave it to whoever adopts orphans here, and the world waits for that.
  ::kill(init_, SIGKILL);
  supervisor_->ended_within(std::chrono::seconds(20));
}

void Container::boot(Duration deadline) {
  if (on()) throw std::runtime_error(name_ + " is running already");
  const auto until = Clock::now() + deadline;
  ProcessOptions options;
  options.terminal = true;
  options.also_write_to = console_path_;
  supervisor_ =
      std::make_unique<Process>(std::vector<std::string>{script("boot"), std::to_string(world_.pid()),
                                                         world_.directory().string(), name_},
                                options);
  while ((init_ = find_init()) < 0) {
    if (!supervisor_->running() || Clock::now() > until) give_up("does not start");
    std::this_thread::sleep_for(kPoll);
  }
  wait_until_up(until);
}

void Container::wait_until_up(Clock::time_point until) {
  while (true) {
    if (!supervisor_->running()) give_up("ended while it booted");
    if (Clock::now() > until) give_up("did not come up in time (" + state_ + ")");
    // Blocks on PID 1's signals, as soon as PID 1 and the bus answer at all.
    Process query(enter({"/bin/systemctl", "is-system-running", "--wait"}));
    if (!query.ended_within(left(until))) continue;
    state_ = query.out().substr(0, query.out().find('\n'));
    if (state_ == "running" || state_ == "degraded") break;
    std::this_thread::sleep_for(kPoll);
  }
  const std::string greeting =
      "exec 3<>/dev/tcp/127.0.0.1/22 && read -r -t 5 line <&3 && [[ $line == SSH-* ]]";
  while (run_command(enter({"/bin/bash", "-c", greeting})).status != 0) {
    if (Clock::now() > until) give_up("has no sshd that answers");
    std::this_thread::sleep_for(kPoll);
  }
}

// The supervisor's, whether nsenter (which forks) is still above it or not.
pid_t Container::find_init() const {
  for (const pid_t child : children_of(supervisor_->pid())) {
    if (is_init(child)) return child;
    for (const pid_t grandchild : children_of(child)) {
      if (is_init(grandchild)) return grandchild;
    }
  }
  return -1;
}

void Container::crash() {
  if (!on()) throw std::runtime_error(name_ + " is not running");
  ::kill(init_, SIGKILL);
  supervisor_->wait(std::chrono::seconds(20));
  init_ = -1;
}

bool Container::wait_until_off(Duration deadline) {
  constexpr int kBootAgain = 133;  // what systemd-nspawn --keep-unit answers a reboot with
  const int status = supervisor_->wait(deadline);
  init_ = -1;
  return status == kBootAgain;
}

bool Container::on() const { return supervisor_ && supervisor_->running(); }

std::string Container::console() const { return read_text(console_path_); }

std::vector<std::string> Container::enter(const std::vector<std::string>& argv) const {
  if (!on() || init_ < 0) throw std::runtime_error(name_ + " is off");
  return std::vector<std::string>{"nsenter",
                                  "--target",
                                  std::to_string(init_),
                                  "--mount",
                                  "--uts",
                                  "--ipc",
                                  "--net",
                                  "--pid",
                                  "--",
                                  "/usr/bin/env",
                                  "-i",
                                  "HOME=/root",
                                  "LANG=C.UTF-8",
                                  "USER=root",
                                  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"} +
         argv;
}

void Container::give_up(const std::string& what) const {
  throw std::runtime_error(name_ + " " + what + "\n--- console:\n" + console());
}

}  // namespace switchback::test
