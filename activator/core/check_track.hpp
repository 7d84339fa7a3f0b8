// SPDX-License-Identifier: MIT
// One check over all its tries: when it has passed, when it has failed, and what that means for the gate.
// Pure; how a check is asked, and when, is decided elsewhere.
#pragma once

#include "activator/core/verdict.hpp"
#include "activator/protocol/check_policy.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace switchback {

inline constexpr std::size_t kMaxCheckOutputBytes = 4096;

enum class CheckAnswer {
  passed,
  missed,
  impossible,  // it cannot be asked at all, whatever runs: a miss where it could be before
};

struct CheckTry {
  CheckAnswer answer = CheckAnswer::missed;
  std::string reason;  // in one line: «answered 502, not 200»
  std::string output;  // what it said, kMaxCheckOutputBytes at most
  [[nodiscard]] bool passed() const { return answer == CheckAnswer::passed; }
};

/// A check as one activation asks it.
struct AskedCheck {
  CheckPolicy policy;
  bool failed_before = false;  // when it was tried before the switch
};
using AskedChecks = std::map<std::string, AskedCheck, std::less<>>;

/// The checks that are the host's to ask. One of those that failed beforehand, `prefailing`, is not required
/// where that is tolerated.
[[nodiscard]] AskedChecks checks_to_ask(const GatePolicy& policy, const std::set<std::string>& prefailing);

struct CheckTrack {
  int passes = 0;  // in a row, up to now
  int misses = 0;  // in a row, up to now
  bool has_passed = false;
  std::optional<CheckTry> last{};
  std::optional<CheckTry> failure{};  // the first that made it fail: the evidence stays the same
};

/// Why an activation with such a check is refused.
[[nodiscard]] std::string cannot_be_asked(const std::string& name, const std::string& why);

/// Takes one more try into account.
[[nodiscard]] CheckTrack follow(CheckTrack track, CheckTry latest, const CheckPolicy& policy);
[[nodiscard]] CheckState state_of(const CheckTrack& track, const CheckPolicy& policy);

/// How the try went, and what it said, for an event.
[[nodiscard]] std::string told_of(const CheckTry& latest);
/// What blames the check: «check http: answered 502, not 200».
[[nodiscard]] Cause blame_check(const std::string& name, const AskedCheck& check, const CheckTrack& track);

/// Adds the checks to what was read of the units: a required one that fails makes the gate unhealthy, one
/// that has not passed, or misses, keeps it pending; of the others there are warnings.
void judge_checks(const AskedChecks& checks, const std::map<std::string, CheckTrack>& tracks,
                  GateReading& reading);

}  // namespace switchback
