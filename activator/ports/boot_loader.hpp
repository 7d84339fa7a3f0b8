// SPDX-License-Identifier: MIT
// What the engine needs of the way in which this host boots: a next boot that is another one, that alone, and
// a reboot. Which systems there are to boot is their own programs' affair (bin/switch-to-configuration boot).
#pragma once

#include "activator/ports/unit_manager.hpp"
#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"

namespace switchback {

class BootLoader {
 public:
  BootLoader() = default;
  BootLoader(const BootLoader&) = delete;
  BootLoader& operator=(const BootLoader&) = delete;
  virtual ~BootLoader() = default;

  /// Whether the next boot alone can be another one. Errors: refused, with what is supported; unavailable.
  virtual void check(Callback<void> done) = 0;
  /// The next boot, and no other, is of `system`, which has an entry. Errors: refused when it has none; io.
  virtual void boot_once(const StorePath& system, Callback<void> done) = 0;
  /// The next boot is the usual one; fine if it was. Errors: io.
  virtual void forget_boot_once(Callback<void> done) = 0;
  /// Asks for a reboot in order; answers when that is under way. Errors: io.
  virtual void reboot(Callback<void> done) = 0;
};

}  // namespace switchback
