// SPDX-License-Identifier: MIT
// How a running unit follows its new definition: by the keys that its author wrote, else by its type. Pure;
// plan.cpp decides whether it has to follow at all.
#pragma once

#include "activator/core/compare.hpp"
#include "activator/core/unit_name.hpp"

#include <string>

namespace switchback {

enum class SwitchMethod { reload, restart, stop_start, keep_old };

struct ChosenMethod {
  SwitchMethod method = SwitchMethod::stop_start;
  std::string reason;
};

/// `difference` is none for no unit that asks. X-SwitchMethod= comes first, then X-ReloadIfChanged=,
/// X-RestartIfChanged=, X-OnlyManualStart=, RefuseManualStop= and X-StopIfChanged=, then the type.
[[nodiscard]] ChosenMethod choose_method(const UnitName& unit, const UnitFile& after, Difference difference,
                                         bool can_reload);

}  // namespace switchback
