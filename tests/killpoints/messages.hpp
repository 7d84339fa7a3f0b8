// SPDX-License-Identifier: MIT
// What the activator of a kill-point test and its host say to each other over a socket, one JSON document a
// message. The activator asks and waits: time stands still for it meanwhile.
#pragma once

#include "activator/core/snapshot.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace switchback::test {

/// Whether it was sent: the other side may have died.
bool send_message(int socket, const nlohmann::json& message);
/// nullopt once the other side has closed or died.
[[nodiscard]] std::optional<nlohmann::json> receive_message(int socket);

/// Whole, unlike the record's.
[[nodiscard]] nlohmann::json whole_json(const Snapshot& units);
[[nodiscard]] Snapshot whole_snapshot(const nlohmann::json& json);

}  // namespace switchback::test
