// SPDX-License-Identifier: MIT
// A Nix store of the test's own at /nix, with the real nix, no daemon and no network. Needs root.
#pragma once

#include "activator/adapters/nix_profiles.hpp"
#include "tests/integration/private_mounts.hpp"
#include "tests/support/temp_dir.hpp"

#include <string>

namespace switchback::test {

class PrivateStore {
 public:
  PrivateStore();

  /// Makes a store path of that name; nothing holds it.
  [[nodiscard]] StorePath add(const std::string& name) const;
  void collect_garbage() const;
  /// For NixProfiles, with this store's environment.
  [[nodiscard]] NixPlaces places() const;
  /// What a shell command prints that runs with this store's environment.
  std::string run(const std::string& command) const;

 private:
  PrivateMounts mounts_;
  TempDir home_;
};

}  // namespace switchback::test
