// SPDX-License-Identifier: MIT
#include "tests/support/machine/machine.hpp"

#include "tests/support/testhost/roots.hpp"

#include <stdexcept>
#include <utility>

namespace switchback::test {
namespace {

// Of the pusher's own network namespace, so that no port of this machine is taken.
constexpr const char* kAddress = "127.0.0.2";
/// Beside what it is always told: see kernel-line.
std::string more_for_kernel(Writeback writeback) {
  if (writeback == Writeback::lazy) return "";
  return "sysctl.vm.dirty_writeback_centisecs=20 sysctl.vm.dirty_expire_centisecs=20";
}

std::filesystem::path image() {
  static const std::filesystem::path path =
      output_of({SWITCHBACK_MACHINE_DIR "/image", "bookworm", packages_for(Suite::bookworm)}, {},
                std::chrono::minutes(5));
  return path;
}

}  // namespace

Machine::Machine(std::string name, Firmware firmware)
    : name_(std::move(name)),
      disk_(image()),
      server_(disk_, socket()),
      starter_(firmware, pusher_.scratch()) {
  // A login takes seconds where every instruction is emulated.
  pusher_.know(name_, kAddress, "ConnectTimeout 60\n  KexAlgorithms curve25519-sha256");
}

Machine::~Machine() {
  if (on()) pull_the_plug();
}

void Machine::boot(Writeback writeback, Duration deadline) {
  if (on()) throw std::runtime_error(name_ + " is running already");
  const std::string disk = "nbd+unix:///?socket=" + socket().string();
  const std::string forward = std::string("user,id=net,restrict=on,hostfwd=tcp:") + kAddress + ":22-:22";
  const std::vector<std::string> emulator{"qemu-system-x86_64",
                                          "-accel",
                                          "tcg,tb-size=256",
                                          "-cpu",
                                          "qemu64",
                                          "-m",
                                          "512",
                                          "-nodefaults",
                                          "-nographic",
                                          "-serial",
                                          "stdio",
                                          "-drive",
                                          "if=none,id=root,format=raw,cache=writeback,file=" + disk,
                                          "-device",
                                          "virtio-blk-pci,drive=root",
                                          "-netdev",
                                          forward,
                                          "-device",
                                          "virtio-net-pci,netdev=net,romfile=",
                                          "-device",
                                          "virtio-rng-pci"};
  emulator_ = pusher_.start(starter_.command(emulator, more_for_kernel(writeback)));
  emulator_->wait_for_output("multi-user.target", deadline);
}

void Machine::pull_the_plug() {
  emulator_->kill_all();
  emulator_->wait();
  server_.wait_until_idle();
}

VolatileDisk::Loss Machine::lose_unflushed(std::uint64_t seed) {
  if (on()) throw std::runtime_error(name_ + " is running: pull the plug first");
  return disk_.cut_power(seed);
}

CommandResult Machine::run(const std::string& shell, Duration deadline) const {
  PusherOptions options;
  options.deadline = deadline;
  return pusher_.run({"ssh", "root@" + name_, shell}, options);
}

std::string Machine::output_of(const std::string& shell, Duration deadline) const {
  PusherOptions options;
  options.deadline = deadline;
  return pusher_.output_of({"ssh", "root@" + name_, shell}, options);
}

}  // namespace switchback::test
