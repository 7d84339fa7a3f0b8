// SPDX-License-Identifier: MIT
// What the history says against a closure that is asked for again. Decides what counts as having been
// rejected; whether it is tried all the same is the pusher's wish.
#pragma once

#include "activator/ports/record_store.hpp"
#include "activator/protocol/store_path.hpp"

#include <optional>
#include <string>

namespace switchback {

/// When and why `profile` was taken back from `closure`, if that is how its last attempt ended; one that was
/// cancelled, only tested or refused tells nothing of it.
[[nodiscard]] std::optional<std::string> last_rejection(RecordStore& records, const ProfileName& profile,
                                                        const StorePath& closure);

}  // namespace switchback
