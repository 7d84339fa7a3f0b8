// SPDX-License-Identifier: MIT
// For which kind of machine a program is built, from the first bytes of its file. Source: elf(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace switchback {

/// e_machine of an ELF file; nullopt when `path` is none, or cannot be read.
[[nodiscard]] std::optional<std::uint16_t> read_elf_machine(const std::string& path);
/// That of a program, or of the interpreter that a script names in its first line.
[[nodiscard]] std::optional<std::uint16_t> machine_needed_by(const std::string& program);
/// What nix calls `x86_64-linux`; nullopt for a system that this version does not know.
[[nodiscard]] std::optional<std::uint16_t> machine_of_system(const std::string& system);
/// «x86_64», «aarch64»; a number for one that this version does not know.
[[nodiscard]] std::string machine_name(std::uint16_t machine);
/// The same, or 32 bits of it.
[[nodiscard]] bool runs_on(std::uint16_t host, std::uint16_t program);

}  // namespace switchback
