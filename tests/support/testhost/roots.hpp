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

enum class Suite {
  bookworm,  ///< Debian 12: systemd 252
  trixie,    ///< Debian 13: systemd 257
  sid,       ///< Debian unstable: the newest systemd, with Debian 13's package of the product
};

/// What $SWITCHBACK_TEST_SUITE says; Debian 12 if it says nothing.
Suite default_suite();

/// The layers of an overlay, topmost first, joined by colons. Throws if they are not there: tests/setup makes
/// the bases; the packages are looked for in $SWITCHBACK_DEB_DIR (Debian 12's) and $SWITCHBACK_DEB_DIR_13,
/// else in build/release and build/trixie.
std::string layers_of(Suite suite, Root root);

/// Where the packages are that are made for a suite.
std::string packages_for(Suite suite);

/// Where the key is that opens every root to the pusher.
std::filesystem::path pusher_key();

/// What every host's sshd identifies itself by, as known_hosts wants it.
std::string host_key();

}  // namespace switchback::test
