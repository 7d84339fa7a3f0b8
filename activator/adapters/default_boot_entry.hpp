// SPDX-License-Identifier: MIT
// Which NixOS system systemd-boot's default entry starts, by the files that it reads. A small read, which
// blocks. Decides nothing for other boot loaders, nor for a default that is no name of an entry: those cannot
// be told.
#pragma once

#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"

#include <optional>
#include <string>
#include <vector>

namespace switchback {

struct BootPlaces {
  /// Where the partitions of the boot loader are; loader.conf may be on another than the entries.
  std::vector<std::string> partitions = {"/boot", "/efi", "/boot/efi"};
  /// Set by `bootctl set-default`, and stronger than loader.conf.
  std::string chosen_default =
      "/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
};

/// nullopt: it cannot be told. Errors: io.
/// Source: loader.conf(5); Boot Loader Specification; nixpkgs, systemd-boot-builder.py: «default
/// nixos-generation-2.conf», and in the entry «options init=SYSTEM/init …».
[[nodiscard]] Result<std::optional<StorePath>> find_default_boot_system(const BootPlaces& places);

}  // namespace switchback
