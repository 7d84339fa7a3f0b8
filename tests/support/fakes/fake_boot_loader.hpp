// SPDX-License-Identifier: MIT
// A boot loader that lives in memory: which system the next boot alone is of. It takes no reboot by itself:
// the test does, when it has been asked for.
#pragma once

#include "activator/ports/boot_loader.hpp"
#include "tests/support/fakes/fake_loop.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace switchback::test {

class FakeBootLoader : public BootLoader {
 public:
  explicit FakeBootLoader(FakeLoop& loop) : loop_(loop) {}
  void check(Callback<void> done) override { answer(able, std::move(done)); }
  void boot_once(const StorePath& system, Callback<void> done) override {
    loop_.put(setting_takes, [this, system, done = std::move(done)] {
      if (able && sets) once = system;
      done(able ? sets : able);
    });
  }
  void forget_boot_once(Callback<void> done) override {
    once.reset();
    answer(able, std::move(done));
  }
  void reboot(Callback<void> done) override {
    ++reboots;
    answer({}, std::move(done));
  }
  /// What the boot that begins now is of; the next one is the usual one again.
  std::optional<StorePath> take() { return std::exchange(once, std::nullopt); }

  Status able;  // whether it can be told so at all
  Status sets;  // what boot_once answers
  std::chrono::milliseconds setting_takes{0};
  std::optional<StorePath> once;
  int reboots = 0;  // that were asked for

 private:
  void answer(Status status, Callback<void> done) {
    loop_.post([done = std::move(done), status = std::move(status)] { done(status); });
  }
  FakeLoop& loop_;
};

}  // namespace switchback::test
