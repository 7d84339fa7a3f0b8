// SPDX-License-Identifier: MIT
// Small files and links that are either the old or the new one after a power cut, never a mixture. Decides
// how a file becomes durable; which files, and what is in them, is decided elsewhere. All calls block.
#pragma once

#include "activator/protocol/error.hpp"

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace switchback {

/// Replaces `path` by a file of `content`: on disk when it returns.
/// Errors: io with the path and the system's words; the old file is whole and no temporary one is left.
/// Source: rename(2), fsync(2).
[[nodiscard]] Status write_durably(const std::string& path, std::string_view content, mode_t mode = 0600);

/// Makes `path` a symbolic link to `target`, replacing a link or file in one step: on disk when it returns.
/// Errors: io; the old link is whole.
[[nodiscard]] Status link_durably(const std::string& path, const std::string& target);

/// Removes `path`, durably; one that is absent is no error. Errors: io.
[[nodiscard]] Status remove_durably(const std::string& path);

/// Writes all of `content` to `fd`; `path` is for the error alone. Errors: io.
[[nodiscard]] Status write_all(int fd, std::string_view content, const std::string& path);

/// Errors: io.
[[nodiscard]] Status sync_directory(const std::string& directory);

/// The whole file; nullopt when there is none. Errors: io, also when it is longer than `max_bytes`.
[[nodiscard]] Result<std::optional<std::string>> read_file(const std::string& path, std::size_t max_bytes);

/// Makes `directory` and what is missing above it. Errors: io.
[[nodiscard]] Status make_directories(const std::string& directory, mode_t mode = 0755);

/// What the link at `path` says; nullopt when nothing is there. Errors: io, also when it is no link.
[[nodiscard]] Result<std::optional<std::string>> read_link(const std::string& path);

/// What the two above write before it takes `path`'s place, and a crash may leave: the next of them replaces
/// it. Hidden, so that it is no profile, no drop-in and no document where `path` would be one.
[[nodiscard]] std::string temporary_name(const std::string& path);

/// Everything of `path` before its last slash; `.` when it has none.
[[nodiscard]] std::string directory_of(const std::string& path);

}  // namespace switchback
