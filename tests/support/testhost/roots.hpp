// SPDX-License-Identifier: MIT
// Which root file systems there are to boot. They are made and cached by the scripts beside this file.
#pragma once

#include <filesystem>
#include <string>

namespace switchback::test {

enum class Root {
  base,     ///< Debian with sshd and nix
  product,  ///< the same, with the package switchback-activator installed
};

/// The layers of an overlay, topmost first, joined by colons. Throws if they are not there: tests/setup makes
/// the base, the packages are looked for in $SWITCHBACK_DEB_DIR, else build/release.
std::string layers_of(Root root);

/// Where the key is that opens the base root to the pusher.
std::filesystem::path pusher_key();

/// What a host's sshd identifies itself by, as known_hosts wants it.
std::string host_key();

}  // namespace switchback::test
