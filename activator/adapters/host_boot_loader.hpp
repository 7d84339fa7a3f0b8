// SPDX-License-Identifier: MIT
// The next boot of this host: by a program of the host's administrator where there is one, else by
// systemd-boot or GRUB. Decides which of them it is, and which of their programs is run; blocks nobody.
// Source: bootctl(1), systemd-boot(7), the Boot Loader Interface (systemd.io), grub-reboot(8),
// grub-editenv(1).
#pragma once

#include "activator/adapters/child_process.hpp"
#include "activator/adapters/event_loop.hpp"
#include "activator/ports/boot_loader.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace switchback {

struct BootLoaderPlaces {
  /// «check»: exit status 0 if it works here; «set SYSTEM»: the next boot alone is of that store path;
  /// «clear»: the next boot is the usual one.
  std::string hook = "/etc/switchback/boot-once";
  std::string loader_info = "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
  std::vector<std::string> grub = {"/boot/grub", "/boot/grub2"};
  std::vector<std::string> programs = {"/run/current-system/sw/bin", "/usr/sbin", "/usr/bin", "/sbin",
                                       "/bin"};
  std::chrono::milliseconds within{30'000};
};

class HostBootLoader : public BootLoader {
 public:
  explicit HostBootLoader(EventLoop& loop, BootLoaderPlaces places = {})
      : loop_(loop), places_(std::move(places)) {}

  void check(Callback<void> done) override;
  void boot_once(const StorePath& system, Callback<void> done) override;
  void forget_boot_once(Callback<void> done) override;
  void reboot(Callback<void> done) override;

 private:
  enum class Way { none, hook, systemd_boot, grub };
  [[nodiscard]] Way way() const;
  [[nodiscard]] bool has_systemd_boot() const;
  /// Of GRUB that can be told a next entry; empty: there is none.
  [[nodiscard]] std::string grub_directory() const;
  [[nodiscard]] std::string find(const std::vector<std::string>& names) const;
  void boot_once_by_grub(const StorePath& system, Callback<void> done);
  /// Runs it; `done` gets what it said, or why it failed.
  void run(std::vector<std::string> argv, Callback<std::string> done);
  void run_alone(std::vector<std::string> argv, Callback<void> done);
  void answer(Status status, const Callback<void>& done) {
    loop_.post([done, status = std::move(status)] { done(status); });
  }

  EventLoop& loop_;
  BootLoaderPlaces places_;
  std::list<std::unique_ptr<ChildProcess>> running_;
};

}  // namespace switchback
