// SPDX-License-Identifier: MIT
// Whether a running unit must be reloaded or restarted to follow its new definition. Pure comparison of
// definitions; plan.hpp decides what is done about it.
#pragma once

#include "activator/core/unit_file.hpp"

namespace switchback {

enum class Difference {
  none,     // equal, or different only in what a running unit never sees ([Install], Description=, …)
  reload,   // different only in what a reload applies (ExecReload=, X-Reload-Triggers=, a mount's Options=)
  restart,  // anything else
};

/// Source: the table in nixpkgs' switch-to-configuration-ng (`compare_units`).
[[nodiscard]] Difference compare(const UnitFile& before, const UnitFile& after);

}  // namespace switchback
