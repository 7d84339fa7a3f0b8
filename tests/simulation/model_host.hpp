// SPDX-License-Identifier: MIT
// The host's own affairs, as far as they can go wrong: which boot this is, and what syncing does.
#pragma once

#include "tests/simulation/model_systemd.hpp"
#include "tests/simulation/platter.hpp"
#include "tests/support/fakes/fake_host.hpp"

#include <memory>

namespace switchback::simulation {

class ModelHost : public test::FakeHost {
 public:
  ModelHost(test::FakeRun& run, test::FakeLoop& loop, Platter& platter,
            const std::unique_ptr<ModelSystemd>& systemd)
      : FakeHost(run, loop), platter_(platter), systemd_(systemd) {}
  /// systemd is asked how often it was soft-rebooted: not while it executes itself anew.
  Result<BootIdentity> boot() override {
    if (systemd_->is_executing_anew()) return fail(Errc::unavailable, "systemd does not answer");
    return FakeHost::boot();
  }
  Status sync_disks() override {
    platter_.sync();
    return {};
  }

 private:
  Platter& platter_;
  const std::unique_ptr<ModelSystemd>& systemd_;
};

}  // namespace switchback::simulation
