// SPDX-License-Identifier: MIT
#include "activator/core/unmatched_globs.hpp"

#include "activator/core/unit_name.hpp"
#include "activator/protocol/json_reader.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

/// A name without its type is a service's, to most people.
std::optional<std::string> meant(const std::string& glob, const std::set<std::string, std::less<>>& units) {
  const auto dot = glob.rfind('.');
  if (dot == std::string::npos) {
    if (units.contains(glob + ".service")) return glob + ".service";
    if (const auto near = nearest(glob + ".service", units)) return near;
  }
  return nearest(glob, units);
}

}  // namespace

std::vector<std::string> unmatched_globs(const GatePolicy& policy,
                                         const std::set<std::string, std::less<>>& units,
                                         const std::string& which) {
  const std::pair<const char*, const std::vector<std::string>&> lists[] = {
      {"critical", policy.critical}, {"ignore", policy.ignore}, {"expectFailed", policy.expect_failed}};
  std::vector<std::string> sentences;
  for (const auto& [option, globs] : lists) {
    for (const auto& glob : globs) {
      const bool matches = std::any_of(units.begin(), units.end(),
                                       [&glob = glob](const auto& unit) { return matches_glob(glob, unit); });
      if (matches) continue;
      const auto unit = meant(glob, units);
      sentences.push_back(std::string("the gate's ") + option + ": «" + glob + "» matches no unit " + which +
                          (unit ? "; did you mean " + *unit + "?" : ""));
    }
  }
  return sentences;
}

}  // namespace switchback
