// SPDX-License-Identifier: MIT
// A command and an activator of different releases: which of them is older, and what is to be done about it.
#pragma once

#include "activator/protocol/error.hpp"
#include "cli/remote.hpp"

#include <string>
#include <string_view>

namespace switchback {

enum class Age { older, same, newer, unknown };

/// How the release of an activator stands to that of this command; the last number does not count.
[[nodiscard]] Age age_of(std::string_view activator, std::string_view command = SWITCHBACK_VERSION);

/// `error`, as the activator `version` on `node` gave it; with both versions and what to do where it is about
/// something that one of the two does not know.
[[nodiscard]] Error with_versions(Error error, const std::string& version, const std::string& node);
/// The same, for who does not know the version: the host is asked for it if it matters.
[[nodiscard]] Error with_versions(Error error, Remote& remote, const Waker* waker = nullptr);

}  // namespace switchback
