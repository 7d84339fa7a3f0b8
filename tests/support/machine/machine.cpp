// SPDX-License-Identifier: MIT
#include "tests/support/machine/machine.hpp"

#include "tests/support/testhost/roots.hpp"

#include <stdexcept>
#include <utility>

namespace switchback::test {
namespace {

// Of the pusher's own network namespace, so that no port of this machine is taken.
constexpr const char* kAddress = "127.0.0.2";
/// What a boot can do without, so that it takes two thirds of the time; a getty would even wait for a device
/// that only udev, which no test host has, could announce.
constexpr const char* kNeedless[] = {"dev-hugepages.mount",         "dev-mqueue.mount",
                                     "modprobe@configfs.service",   "modprobe@dm_mod.service",
                                     "modprobe@drm.service",        "modprobe@efi_pstore.service",
                                     "modprobe@fuse.service",       "modprobe@loop.service",
                                     "serial-getty@ttyS0.service",  "sys-fs-fuse-connections.mount",
                                     "sys-kernel-config.mount",     "sys-kernel-debug.mount",
                                     "sys-kernel-tracing.mount",    "systemd-modules-load.service",
                                     "systemd-random-seed.service", "systemd-sysctl.service",
                                     "systemd-sysusers.service",    "systemd-update-utmp-runlevel.service",
                                     "systemd-update-utmp.service", "user@.service"};

/// no_timer_check: where others keep the processors busy, an emulated timer ticks too late for the kernel's
/// taste. A panic ends the emulator.
std::string kernel_line(Writeback writeback) {
  std::string line = "console=ttyS0 quiet no_timer_check panic=-1 systemd.show_status=yes";
  if (writeback == Writeback::eager)
    line += " sysctl.vm.dirty_writeback_centisecs=20 sysctl.vm.dirty_expire_centisecs=20";
  for (const std::string unit : kNeedless) line += " systemd.mask=" + unit;
  return line;
}

std::string machine_script(const std::string& name) { return SWITCHBACK_MACHINE_DIR "/" + name; }

std::filesystem::path image() {
  static const std::filesystem::path path = output_of(
      {machine_script("image"), "bookworm", packages_for(Suite::bookworm)}, {}, std::chrono::minutes(5));
  return path;
}

const std::filesystem::path& kernel() {
  static const std::filesystem::path path = output_of({machine_script("kernel"), "--existing"});
  return path;
}

}  // namespace

Machine::Machine(std::string name) : name_(std::move(name)), disk_(image()), server_(disk_, socket()) {
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
  emulator_ = pusher_.start({"qemu-system-x86_64",
                             "-accel",
                             "tcg,tb-size=256",
                             "-cpu",
                             "qemu64",
                             "-m",
                             "512",
                             "-nodefaults",
                             "-nographic",
                             "-no-reboot",
                             "-serial",
                             "stdio",
                             "-kernel",
                             kernel() / "vmlinuz",
                             "-initrd",
                             kernel() / "initrd",
                             "-append",
                             kernel_line(writeback),
                             "-drive",
                             "if=virtio,format=raw,cache=writeback,file=" + disk,
                             "-netdev",
                             forward,
                             "-device",
                             "virtio-net-pci,netdev=net,romfile=",
                             "-device",
                             "virtio-rng-pci"});
  emulator_->wait_for_output("multi-user.target", deadline);
}

void Machine::pull_the_plug() {
  emulator_->kill();
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
