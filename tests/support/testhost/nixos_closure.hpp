// SPDX-License-Identifier: MIT
// NixOS systems to deploy in tests, and hosts that run them: a stand-in, a Debian on which the programs in
// ../standin do what NixOS's own do. Decides what such a system holds; how it is switched to is decided
// there.
#pragma once

#include "tests/support/testhost/closure.hpp"
#include "tests/support/testhost/test_host.hpp"

#include <string>

namespace switchback::test {

/// `@out@` in a text becomes the store path of the system.
class NixosClosure {
 public:
  /// Its host name for people: tells one system from the next, also where all else is the same.
  explicit NixosClosure(const std::string& name);

  /// A file of /etc/systemd/system.
  NixosClosure& unit(const std::string& name, const std::string& text);
  /// The same, wanted by `target`.
  NixosClosure& wanted(const std::string& name, const std::string& text,
                       const std::string& target = "multi-user.target");
  /// A snippet (shell) of its activation script, which fails if this does.
  NixosClosure& activates(const std::string& name, const std::string& shell);
  /// It has no activation script: a boot of it hangs.
  NixosClosure& without_activation();
  /// switch-to-configuration does nothing but end so when it is asked for `action`.
  NixosClosure& exits(const std::string& action, int status);
  NixosClosure& init_interface_version(const std::string& version);
  /// What its boot.json says, which the installer of the boot loader reads for each generation.
  NixosClosure& boot_specification(const std::string& json);
  /// A kernel of so many KiB, which the installer copies to /boot.
  NixosClosure& kernel(std::size_t kib);
  /// Kernel and initrd, files in `directory` of the host, and what the kernel is told: by them an emulated
  /// machine boots it.
  NixosClosure& boots(const std::string& directory, const std::string& kernel_params);
  /// Its boot loader is GRUB.
  NixosClosure& by_grub();
  /// What nix calls the machine that it is for; that of the host if not said.
  NixosClosure& system(const std::string& machine);
  /// A program of it.
  NixosClosure& program(const std::string& path, const std::string& text);

  [[nodiscard]] std::string build(Pusher& pusher) const { return closure_.build(pusher); }

 private:
  Closure closure_;
};

/// What deploy-rs wraps a system in: links to all that is in it, its activation script (that of
/// lib.activate.nixos if none is given) and a program.
[[nodiscard]] std::string deploy_rs_wrapper(Pusher& pusher, const std::string& system,
                                            const std::string& script = "");

/// Makes a booted host one that runs `system`, as its first generation, and boots it once into it. What it
/// then boots is the boot loader's choice: the one-shot if there is one (/etc/switchback/boot-once sets it),
/// else the default entry.
void become_nixos(TestHost& host, const std::string& system);
/// Gives it a /boot of its own, of so many KiB: a tmpfs that outlives boots and crashes of the host, being
/// mounted in the world around it. It can be full, or read-only; unsynced data is not lost, and names are not
/// those of a FAT. The host goes off and boots again.
void give_boot_partition(TestHost& host, std::size_t kib);

/// Which system the default entry of the boot loader brings up.
[[nodiscard]] std::string boot_entry(TestHost& host);
/// Which system the one-shot brings up; empty if there is none, or no entry of that name.
[[nodiscard]] std::string one_shot(TestHost& host);
/// The system that this boot started from.
[[nodiscard]] std::string booted_system(TestHost& host);

}  // namespace switchback::test
