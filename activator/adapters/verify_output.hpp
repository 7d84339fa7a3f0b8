// SPDX-License-Identifier: MIT
// What «systemd-analyze verify» says, and which of it means that systemd could not load a unit. Decides that
// a missing executable, an unknown key or a missing documentation is no such thing. Pure. Source: tried on
// systemd 252 and 257; the last words are bus_unit_validate_load_state()'s.
#pragma once

#include "activator/core/unit_name.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace switchback {

struct LoadFailure {
  UnitName unit;
  std::string words;  // systemd's own, in one line
};

/// Which of `units`, whose files lie in `directory`, could not be loaded, in the order of `units`. A template
/// is judged by the instance that verify makes of it.
[[nodiscard]] std::vector<LoadFailure> load_failures(std::string_view output, const std::string& directory,
                                                     const std::vector<UnitName>& units);

}  // namespace switchback
