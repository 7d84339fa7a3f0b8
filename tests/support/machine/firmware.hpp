// SPDX-License-Identifier: MIT
// What starts the kernel of an emulated machine: the emulator itself, or firmware and a boot loader on a disk
// of its own, which the machine then has as /boot. Decides what the emulator is told for that; what is on
// that disk at first is decided by the script `firmware`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace switchback::test {

enum class Firmware {
  none,  ///< The emulator loads the kernel. A reboot ends the machine.
  uefi,  ///< OVMF and systemd-boot, with variables that outlive the power.
  bios,  ///< SeaBIOS and GRUB.
};

class Starter {
 public:
  /// What the machine writes to is a copy of its own, in `directory`.
  Starter(Firmware firmware, const std::filesystem::path& directory);

  /// The command that starts the machine: `emulator`, with what it is told of this. `more` is for the kernel;
  /// only a machine without firmware takes it.
  ///
  /// With firmware a reset (and so a panic) is a new emulator with the same disks and variables. To go on in
  /// the old one takes it 10 to 25 seconds more: it has translated what the new kernel overwrites.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& emulator,
                                                 const std::string& more) const;

 private:
  Firmware firmware_;
  std::filesystem::path disk_;
  std::filesystem::path variables_;
};

/// Where a machine has the kernel and the initrd that its systems boot with, if it has firmware: see boots()
/// of testhost/nixos_closure.hpp.
inline constexpr const char* kMachineKernel = "/usr/lib/machine";
/// What such a system must tell its kernel.
std::string kernel_params();

}  // namespace switchback::test
