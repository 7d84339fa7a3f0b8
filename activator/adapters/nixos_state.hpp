// SPDX-License-Identifier: MIT
// What NixOS keeps in /run of the system that it was switched to, and of switches under way. Small reads,
// which block. Source: nixpkgs, switch-to-configuration-ng.
#pragma once

#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"

#include <optional>
#include <string>

namespace switchback {

struct NixosPlaces {
  std::string current_system = "/run/current-system";
  std::string state = "/run/nixos";
  std::string locks = "/proc/locks";
};

/// nullopt on a host that is no NixOS. Errors: corrupt when it leads to no store path; io.
[[nodiscard]] Result<std::optional<StorePath>> read_current_system(const NixosPlaces& places);
/// Who holds the lock of switch-to-configuration, for a person: «process 123 (switch-to-conf)». Never takes
/// it: a switch that begins at that moment would fail. Errors: io.
[[nodiscard]] Result<std::optional<std::string>> find_switch_lock_holder(const NixosPlaces& places);
/// Renames the lists of what a switch was about to start, restart and reload. Errors: io.
[[nodiscard]] Status set_resume_lists_aside(const NixosPlaces& places);

}  // namespace switchback
