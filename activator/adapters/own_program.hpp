// SPDX-License-Identifier: MIT
// Which program this process is, for whoever starts it again. Decides what is believed where a wrapper has
// started it by a dynamic loader of its own: /proc/self/exe is the loader then, and the wrapper says what it
// is itself.
#pragma once

#include <string>

namespace switchback {

/// What a wrapper sets: its own absolute path.
inline constexpr const char* kProgramVariable = "SWITCHBACK_PROGRAM";

/// A program that does what this one does when it is given the same arguments.
[[nodiscard]] std::string own_program();

/// The probe that came with this program: beside the wrapper that started it, else `installed`.
[[nodiscard]] std::string own_probe(const std::string& installed);

}  // namespace switchback
