// SPDX-License-Identifier: MIT
// The activator as something that can be copied to a host of which nothing is known: a store path with all
// that it needs. Decides where it is taken from, and what is in it where the store has none; not whether a
// host is to have it.
#pragma once

#include "activator/protocol/store_path.hpp"
#include "cli/interrupt.hpp"

#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// Where every bootstrapped host has it.
inline constexpr const char* kBootstrappedRoot = "/nix/var/nix/gcroots/switchback-activator";

struct ActivatorClosure {
  StorePath path;
  std::string machine;           // as `uname -m` has it
  std::string generator_loader;  // the dynamic loader that the generator wants; empty: it needs none
};

/// Where the activator's files are: the prefix of a package, or a store path. `named` is what --activator
/// says; without it the files that were installed with the program `self`. Errors: refused, with what to do.
[[nodiscard]] Result<std::string> find_activator(const std::optional<std::string>& named,
                                                 const std::string& self = "/proc/self/exe");

/// What lies in `prefix`, in this machine's store: it itself if that is a store path, else a new one with the
/// libraries that its programs need. Errors: refused.
[[nodiscard]] Result<ActivatorClosure> activator_closure(const std::string& prefix,
                                                         const Interrupt& interrupt);

/// A library that a program is linked with, and the file that it is found in.
struct Library {
  std::string name;
  std::string file;
};
/// What ldd(1) tells. Errors: refused when one is missing.
[[nodiscard]] Result<std::vector<Library>> parse_ldd(const std::string& text);

}  // namespace switchback
