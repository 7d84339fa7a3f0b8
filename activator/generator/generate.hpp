// SPDX-License-Identifier: MIT
// What switchback-generator does at boot and at each daemon-reload: copies every registered profile's units
// into systemd's generator directory, a trial's in place of the committed ones. Decides precedence and what
// is left out; a unit that cannot be used is told and left out, never the others. Source:
// systemd.generator(7).
#pragma once

#include "activator/generator/profile_copies.hpp"

#include <functional>
#include <string>

namespace switchback {

/// Told what was left out, and why; one line each.
using Complain = std::function<void(const std::string&)>;

/// Writes into `output`, which exists. Never fails as a whole.
void generate(const CopyPlaces& places, const std::string& output, const Complain& complain);

}  // namespace switchback
