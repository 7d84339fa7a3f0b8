// SPDX-License-Identifier: MIT
// How a simulated host is told what its next boot alone shall be: durable at once, as a variable of its
// firmware is, and done by a program of the activator's own, which dies with it. Reboots are asked for over
// the bus.
#pragma once

#include "activator/ports/boot_loader.hpp"
#include "tests/simulation/bus.hpp"
#include "tests/simulation/site.hpp"

#include <functional>
#include <utility>

namespace switchback::simulation {

class ModelBootLoader : public BootLoader {
 public:
  using Asked = std::function<void()>;
  ModelBootLoader(test::FakeLoop& loop, Random& random, Site& site, std::function<ModelBus&()> bus,
                  Asked asked)
      : loop_(loop), random_(random), site_(site), bus_(std::move(bus)), asked_(std::move(asked)) {}

  void check(Callback<void> done) override {
    run([] { return Status(); }, std::move(done));
  }
  void boot_once(const StorePath& system, Callback<void> done) override {
    run(
        [this, system]() -> Status {
          if (!site_.on_disk.entries.contains(system.name()))
            return fail(Errc::refused, "the boot loader has no entry for " + system.name());
          site_.on_disk.once = system;
          return {};
        },
        std::move(done));
  }
  void forget_boot_once(Callback<void> done) override {
    run(
        [this] {
          site_.on_disk.once.reset();
          return Status();
        },
        std::move(done));
  }
  void reboot(Callback<void> done) override {
    bus_().carry(
        std::chrono::seconds{25},
        [this, done] {
          asked_();
          done({});
        },
        [done] { done(fail(Errc::io, "systemctl: the bus is away")); });
  }
  /// The activator has died, and what it ran with it.
  void hang_up() { ++caller_; }

 private:
  void run(std::function<Status()> effect, Callback<void> done) {
    loop_.put(std::chrono::milliseconds{random_.pick({2, 20, 300})},
              [this, caller = caller_, effect = std::move(effect), done = std::move(done)] {
                if (caller != caller_) return;
                auto status = effect();
                // It may be killed between what it does and its end.
                loop_.put(std::chrono::milliseconds{2}, [this, caller, status = std::move(status), done] {
                  if (caller == caller_) done(status);
                });
              });
  }

  test::FakeLoop& loop_;
  Random& random_;
  Site& site_;
  std::function<ModelBus&()> bus_;
  Asked asked_;
  std::uint64_t caller_ = 0;
};

}  // namespace switchback::simulation
