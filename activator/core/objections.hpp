// SPDX-License-Identifier: MIT
// What speaks against a new unit set on this host, found before anything is changed. Pure; whether systemd
// can load the units is asked of systemd itself, elsewhere.
#pragma once

#include "activator/core/snapshot.hpp"
#include "activator/core/unit_set.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace switchback {

struct Objection {
  std::string unit;
  std::string problem;  // a sentence with what to do about it
  bool fatal = true;    // false: a warning, such as a mask of the administrator's
};

/// A unit of that name in /etc or /run that is not ours, or of another profile (`other_profiles`: unit to
/// profile); a link or an [Install] section that names a unit which does not exist; an entry that cannot be
/// read. `generator_dir` is where our own fragments lie. `live` is as for make_plan(). Empty: nothing.
[[nodiscard]] std::vector<Objection> find_objections(const UnitSet& before, const UnitSet& after,
                                                     const std::vector<SkippedUnit>& skipped,
                                                     const Snapshot& live,
                                                     const std::map<UnitName, std::string>& other_profiles,
                                                     std::string_view generator_dir);

}  // namespace switchback
