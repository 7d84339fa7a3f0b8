// SPDX-License-Identifier: MIT
// A directory of unit files as values: read with limits, whether it lies in the store or is a copy of ours,
// and written again. Decides what counts as an entry and how much is read; what a unit means is
// core/unit_set.hpp's affair. Knows neither nix nor the bus, so that the generator can use it before anything
// is mounted.
#pragma once

#include "activator/core/unit_set.hpp"

#include <string>
#include <vector>

namespace switchback {

inline constexpr std::size_t kMaxUnitEntries = 8192;
inline constexpr std::size_t kMaxUnitFileBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kMaxUnitSetBytes = std::size_t{32} * 1024 * 1024;

/// The entries of `directory`, sorted by path. Links are followed to what they hold; a link to another entry
/// of the directory is an alias, one to /dev/null a mask, one in a `.wants` directory a dependency. Errors:
/// invalid_closure when it is not there, has a broken link or a special file, or is over a limit; io. With
/// `skipped` one entry that cannot be read is added to that instead, and costs no other.
[[nodiscard]] Result<std::vector<UnitDirEntry>> read_unit_directory(
    const std::string& directory, std::vector<SkippedUnit>* skipped = nullptr);

/// Writes `entries` into the new directory `directory`; read_unit_directory() gives them back. Not durable by
/// itself. Errors: io; what was written until then is left.
[[nodiscard]] Status write_unit_directory(const std::string& directory,
                                          const std::vector<UnitDirEntry>& entries);
/// Writes one entry of it. Errors: io, also when it is there already.
[[nodiscard]] Status write_unit_entry(const std::string& directory, const UnitDirEntry& entry);

}  // namespace switchback
