// SPDX-License-Identifier: MIT
// A finished activation as a picture: phases on top, one bar a unit, and what decided, as `systemd-analyze
// plot` draws a boot. Pure: from a value to the text of an SVG, light or dark as its viewer likes it. Decides
// what it looks like; what is drawn is decided by plot_timeline.hpp.
#pragma once

#include "cli/finished_activation.hpp"

#include <string>

namespace switchback {

/// `host` is what people call it. Nothing of what a host has told is obeyed, and there is a limit to all of
/// it.
[[nodiscard]] std::string plot_svg(const FinishedActivation& finished, const std::string& host);

}  // namespace switchback
