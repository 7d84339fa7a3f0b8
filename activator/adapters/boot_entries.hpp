// SPDX-License-Identifier: MIT
// How a boot loader calls the entry that starts a NixOS system, found in what it says of its entries. Pure;
// who asks it is host_boot_loader.hpp's affair.
#pragma once

#include "activator/protocol/store_path.hpp"

#include <optional>
#include <string>

namespace switchback {

/// `listed`: the output of «bootctl list --json=short». nullopt: none of the entries starts `system`.
/// Source: bootctl(1); nixpkgs, systemd-boot-builder.py: options are «init=SYSTEM/init …».
[[nodiscard]] std::optional<std::string> find_systemd_boot_entry(const std::string& listed,
                                                                 const StorePath& system);

/// `config`: a grub.cfg. The titles of the menu and the entry, as grub-reboot(8) takes them:
/// «NixOS - All configurations>NixOS - Configuration 4». nullopt: none starts `system`.
/// Source: GRUB manual, «Shell-like scripting», «default»; nixpkgs, install-grub.pl.
[[nodiscard]] std::optional<std::string> find_grub_entry(const std::string& config, const StorePath& system);

}  // namespace switchback
