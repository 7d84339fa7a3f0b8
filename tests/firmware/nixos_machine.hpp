// SPDX-License-Identifier: MIT
// A machine that firmware and a boot loader start, and on it a NixOS host (a stand-in: see testhost/
// nixos_closure.hpp). Decides how it becomes one, how it is deployed to, and what must be true of it at rest.
#pragma once

#include "tests/support/machine/machine.hpp"
#include "tests/support/testhost/nixos_closure.hpp"

#include <string>

namespace switchback::test {

/// How the machine is started, and shell that prints what its boot loader is about to do.
struct Loader {
  Firmware firmware;
  std::string default_system;  ///< The system of the default entry.
  std::string next;            ///< The entry that the next boot alone would take; nothing if there is none.
};

class NixosMachine {
 public:
  /// It runs a system with web.service, named «one», which is its first generation and its default entry.
  explicit NixosMachine(Loader loader);

  /// Returns the store path of a system of this machine, named `name`, whose web.service runs `script`.
  std::string build(const std::string& name, const std::string& script);
  /// Shell of a system that is tried: writes down what the boot loader started and what it would start next.
  [[nodiscard]] std::string note(const std::string& file) const;
  /// `switchback deploy --boot --reboot`, to its end.
  CommandResult deploy(const std::string& system);
  std::string output_of(const std::string& shell) const { return machine_.output_of(shell); }

  /// Of a host at rest: the boot loader started `system` and would again, the profile names it, it runs, and
  /// nothing of an activation is left. A login for all, since each costs seconds.
  void check_rest(const std::string& system) const;

 private:
  [[nodiscard]] NixosClosure closure(const std::string& name) const;
  void become(const std::string& system);

  Loader loader_;
  Machine machine_;
};

/// A script of a service that runs until it is stopped.
std::string healthy();

}  // namespace switchback::test
