// SPDX-License-Identifier: MIT
// What an ELF file says of where it runs: the machine, and which dynamic loader it wants. Reads headers, no
// more.
#pragma once

#include "activator/protocol/error.hpp"

#include <optional>
#include <string>

namespace switchback {

struct ElfFacts {
  std::string machine;  // as `uname -m` has it; «machine 243» when it is one that this does not know
  std::string loader;   // empty: it needs none
};

/// nullopt when `path` is no ELF file. Errors: io; corrupt.
[[nodiscard]] Result<std::optional<ElfFacts>> read_elf(const std::string& path);

}  // namespace switchback
