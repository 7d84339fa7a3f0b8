// SPDX-License-Identifier: MIT
// Ports with a mistake that only what is tried by a boot brings to light: a part of broken.cpp.
#pragma once

#include "activator/core/record.hpp"
#include "tests/simulation/machine.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace switchback::simulation {

/// What it was told once it is never untold.
class BootLoaderOfGoodMemory : public BootLoader {
 public:
  explicit BootLoaderOfGoodMemory(BootLoader& inner) : inner_(inner) {}
  void check(Callback<void> done) override { inner_.check(std::move(done)); }
  void boot_once(const StorePath& system, Callback<void> done) override {
    inner_.boot_once(system, std::move(done));
  }
  void forget_boot_once(Callback<void> done) override { inner_.check(std::move(done)); }
  void reboot(Callback<void> done) override { inner_.reboot(std::move(done)); }

 private:
  BootLoader& inner_;
};

/// Once a boot was waited for, the new system runs: who would look?
class HostOfGoodFaith : public Host {
 public:
  HostOfGoodFaith(Host& inner, const test::FakeDisk& disk) : inner_(inner), disk_(disk) {}
  std::string name() override { return inner_.name(); }
  Result<BootIdentity> boot() override { return inner_.boot(); }
  bool has_store() override { return inner_.has_store(); }
  Status sync_disks() override { return inner_.sync_disks(); }
  Result<std::optional<StorePath>> current_system() override {
    const auto record = parse_record(disk_.record.value_or(""));
    if (!record || !waits_for_boot(script_of(*record))) return inner_.current_system();
    const auto phase = phase_of(record->state);
    if (phase < Phase::awaiting_boot || phase > Phase::committing) return inner_.current_system();
    for (const auto& change : record->changes) {
      if (change.kind == Kind::nixos) return change.closure;
    }
    return inner_.current_system();
  }
  Result<std::optional<StorePath>> default_boot_system() override { return inner_.default_boot_system(); }
  Result<std::optional<std::string>> switch_lock_holder() override { return inner_.switch_lock_holder(); }
  Status drop_switch_resume_lists() override { return inner_.drop_switch_resume_lists(); }
  Status pin_activator() override { return inner_.pin_activator(); }
  void unpin_activator() override { inner_.unpin_activator(); }
  void verify_units(const std::string& directory, std::vector<UnitName> units, Callback<void> done) override {
    inner_.verify_units(directory, std::move(units), std::move(done));
  }

 private:
  Host& inner_;
  const test::FakeDisk& disk_;
};

}  // namespace switchback::simulation
