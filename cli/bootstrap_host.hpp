// SPDX-License-Identifier: MIT
// What a host must be told to be before an activator is brought to it, and in which words it is refused.
// Pure: what is asked and how is here, asking is not.
#pragma once

#include "cli/activator_closure.hpp"
#include "cli/ssh.hpp"

#include <string>
#include <vector>

namespace switchback {

enum class RootBy { nothing, login, sudo };

struct BootstrapHost {
  std::string machine{};  // of `uname -m`
  int systemd = 0;        // its version; 0: it is not what booted the host
  bool nix = false;       // there is a nix-store in the user's PATH
  RootBy root = RootBy::nothing;
  std::string installed{};     // a switchback-activator in the user's PATH
  std::string bootstrapped{};  // the store path of an earlier bootstrap
  bool nixos = false;
  bool debian = false;
  bool generators = false;           // a generator can be put there for good
  bool nix_mounted = false;          // /nix is a file system of its own
  std::vector<std::string> units{};  // those closures that were asked about and are of kind `units`
};

/// Whether the words mean themselves to any shell.
[[nodiscard]] bool is_plain(const Words& words);
/// One word for the host's shell, as ssh hands it on. Of `closures`, which are on the host already, it tells
/// which are of kind `units`. `escalation` is plain.
[[nodiscard]] std::string host_questions(const std::vector<StorePath>& closures, const Words& escalation);
[[nodiscard]] BootstrapHost parse_host_answers(const std::string& text);

/// What can be known to be wrong before anything is copied. `units`: whether something of that kind is
/// deployed. Errors: refused, not_permitted.
[[nodiscard]] Status check_bootstrap(const BootstrapHost& host, const ActivatorClosure& activator, bool units,
                                     const std::string& name);

/// How the host comes to have an activator that somebody updates, and how this one is taken away.
[[nodiscard]] std::string how_permanent(const BootstrapHost& host, const std::string& name);

/// Whether `closure`, in this machine's store, is of kind `units`.
[[nodiscard]] bool is_of_units(const StorePath& closure);

}  // namespace switchback
