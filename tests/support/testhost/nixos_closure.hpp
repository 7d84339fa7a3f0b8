// SPDX-License-Identifier: MIT
// NixOS systems to deploy in tests, and hosts that run them: a stand-in, a Debian on which the programs in
// ../standin do what NixOS's own do. Decides what such a system holds; how it is switched to is decided
// there.
#pragma once

#include "tests/support/testhost/closure.hpp"
#include "tests/support/testhost/test_host.hpp"

#include <string>

namespace switchback::test {

/// `@out@` in a text becomes the store path of the system.
class NixosClosure {
 public:
  /// Its host name for people: tells one system from the next, also where all else is the same.
  explicit NixosClosure(const std::string& name);

  /// A file of /etc/systemd/system.
  NixosClosure& unit(const std::string& name, const std::string& text);
  /// The same, wanted by `target`.
  NixosClosure& wanted(const std::string& name, const std::string& text,
                       const std::string& target = "multi-user.target");
  /// A snippet (shell) of its activation script, which fails if this does.
  NixosClosure& activates(const std::string& name, const std::string& shell);
  /// switch-to-configuration does nothing but end so when it is asked for `action`.
  NixosClosure& exits(const std::string& action, int status);
  NixosClosure& init_interface_version(const std::string& version);
  /// What nix calls the machine that it is for; that of the host if not said.
  NixosClosure& system(const std::string& machine);
  /// A program of it.
  NixosClosure& program(const std::string& path, const std::string& text);

  [[nodiscard]] std::string build(Pusher& pusher) const { return closure_.build(pusher); }

 private:
  Closure closure_;
};

/// What deploy-rs wraps a system in: links to all that is in it, its activation script (that of
/// lib.activate.nixos if none is given) and a program.
[[nodiscard]] std::string deploy_rs_wrapper(Pusher& pusher, const std::string& system,
                                            const std::string& script = "");

/// Makes a booted host one that runs `system`, as its first generation, and boots it once into it.
void become_nixos(TestHost& host, const std::string& system);
/// Which system the default entry of the boot loader brings up.
[[nodiscard]] std::string boot_entry(TestHost& host);

}  // namespace switchback::test
