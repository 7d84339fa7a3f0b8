// SPDX-License-Identifier: MIT
// A whole emulated machine with Debian's kernel, to be deployed to and to have its power cut. It is slow (a
// boot takes about 15 seconds of one processor), so it is for what containers cannot show: the loss of data
// that was not synced, and a boot loader.
//
// A power cut loses what the guest's kernel held in memory, and of what it had written to the disk's cache
// without a flush whatever the seed says (disk.hpp). It does not tear a piece of 4 KiB, and does not lose
// what a flush was answered for: the disk is honest. The disk of a boot loader (firmware.hpp) is a file and
// loses nothing.
#pragma once

#include "tests/support/machine/disk.hpp"
#include "tests/support/machine/firmware.hpp"
#include "tests/support/testhost/pusher.hpp"

#include <memory>
#include <string>

namespace switchback::test {

/// How soon the guest's kernel writes out what nobody asked it to: lazily it is lost with its memory; eagerly
/// it lies in the disk's cache, without a flush, and a cut keeps an arbitrary part of it.
enum class Writeback { lazy, eager };

class Machine {
 public:
  /// Off, with a disk of its own: a test host of Debian 12 with the product, as in roots.hpp.
  explicit Machine(std::string name = "target", Firmware firmware = Firmware::none);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Returns when systemd has reached multi-user.target, sshd with it. With firmware it goes on through
  /// reboots.
  void boot(Writeback writeback = Writeback::lazy, Duration deadline = std::chrono::minutes(5));
  /// The machine is gone from one moment to the next.
  void pull_the_plug();
  /// Decides what the disk has kept. After pull_the_plug().
  VolatileDisk::Loss lose_unflushed(std::uint64_t seed);

  /// Runs shell text on the machine as root, by ssh.
  CommandResult run(const std::string& shell, Duration deadline = std::chrono::minutes(2)) const;
  /// As `run`, for what must succeed: returns the standard output.
  std::string output_of(const std::string& shell, Duration deadline = std::chrono::minutes(2)) const;

  Pusher& pusher() { return pusher_; }
  [[nodiscard]] bool on() const { return emulator_ && emulator_->running(); }
  /// What it wrote to its console since it was switched on.
  [[nodiscard]] std::string console() const { return emulator_ ? emulator_->out() : ""; }

 private:
  [[nodiscard]] std::filesystem::path socket() const { return pusher_.scratch() / (name_ + ".disk"); }

  std::string name_;
  Pusher pusher_;
  VolatileDisk disk_;
  DiskServer server_;
  Starter starter_;
  std::unique_ptr<PusherProcess> emulator_;
};

}  // namespace switchback::test
