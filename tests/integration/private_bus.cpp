// SPDX-License-Identifier: MIT
#include "tests/integration/private_bus.hpp"

#include <csignal>
#include <filesystem>

namespace switchback::test {

void PrivateBus::start() {
  directory_.write("bus.conf", "<busconfig><type>session</type><auth>EXTERNAL</auth><listen>" + address() +
                                   "</listen><policy context=\"default\"><allow own=\"*\"/>"
                                   "<allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
                                   "</policy></busconfig>");
  daemon_ = std::make_unique<Process>(std::vector<std::string>{"dbus-daemon", "--nofork", "--nopidfile",
                                                               "--print-address",
                                                               "--config-file=" + (directory_ / "bus.conf")});
  daemon_->wait_for_output("unix:path=");
}

void PrivateBus::stop() {
  if (!daemon_) return;
  daemon_->kill();
  daemon_->wait();
  daemon_.reset();
  std::filesystem::remove(directory_ / "bus");
}

void PrivateBus::freeze() const { ::kill(daemon_->pid(), SIGSTOP); }

void PrivateBus::thaw() const { ::kill(daemon_->pid(), SIGCONT); }

}  // namespace switchback::test
