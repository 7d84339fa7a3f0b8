// SPDX-License-Identifier: MIT
// The host's own affairs on Linux with systemd: which boot this is, what must be on disk, whether systemd
// could load units. Decides where that is found out; keeping the activator's binary is activator_pin.hpp's
// affair.
#pragma once

#include "activator/adapters/activator_pin.hpp"
#include "activator/adapters/child_process.hpp"
#include "activator/adapters/default_boot_entry.hpp"
#include "activator/adapters/nixos_state.hpp"
#include "activator/ports/host.hpp"
#include "activator/ports/profiles.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

struct HostPlaces {
  std::string boot_id = "/proc/sys/kernel/random/boot_id";
  std::string run = "/run/switchback";
  std::string store = "/nix/store";
  std::vector<std::string> programs = {"/run/current-system/sw/bin", "/usr/bin", "/bin"};
  std::vector<std::string> on_disk = {"/nix/store", "/nix/var/nix/profiles", "/etc", "/var/lib/switchback"};
  std::chrono::milliseconds systemctl_within{5000};
  PinPlaces pin;
  NixosPlaces nixos;
  BootPlaces boot_loader;
};

class LinuxHost : public Host {
 public:
  LinuxHost(Profiles& profiles, EventLoop& loop, HostPlaces places = {});

  [[nodiscard]] std::string name() override;
  /// Errors: unavailable when systemd cannot say how often it was soft-rebooted; io, corrupt.
  [[nodiscard]] Result<BootIdentity> boot() override;
  [[nodiscard]] bool has_store() override;
  [[nodiscard]] Status sync_disks() override;
  [[nodiscard]] Result<std::optional<StorePath>> current_system() override {
    return read_current_system(places_.nixos);
  }
  [[nodiscard]] Result<std::optional<StorePath>> default_boot_system() override {
    return find_default_boot_system(places_.boot_loader);
  }
  [[nodiscard]] Result<std::optional<std::string>> switch_lock_holder() override {
    return find_switch_lock_holder(places_.nixos);
  }
  [[nodiscard]] Status drop_switch_resume_lists() override { return set_resume_lists_aside(places_.nixos); }
  [[nodiscard]] Status pin_activator() override { return pin_.pin(); }
  void unpin_activator() override { pin_.unpin(); }
  void verify_units(const std::string& directory, std::vector<UnitName> units, Callback<void> done) override;

 private:
  [[nodiscard]] Result<std::string> boot_id() const;
  [[nodiscard]] Result<std::string> run_token() const;
  [[nodiscard]] Result<std::uint64_t> soft_reboots() const;

  EventLoop& loop_;
  HostPlaces places_;
  ActivatorPin pin_;
  std::optional<BootIdentity> boot_;  // a soft reboot ends this process: what was true once stays true
  std::map<int, std::unique_ptr<ChildProcess>> verifications_;  // of several profiles at once
  int next_verification_ = 0;
};

}  // namespace switchback
