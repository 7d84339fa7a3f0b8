// SPDX-License-Identifier: MIT
// What the levels of a manifest and the command line say about checks, each perhaps a part of one. Decides
// how that is laid over one another; what a whole check may say is decided by protocol/check_policy.hpp.
#pragma once

#include "activator/protocol/check_policy.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace switchback {

/// The fields that are said about each check, by its name, as they stand in a manifest; null takes away what
/// the levels further out say.
using CheckSays = std::map<std::string, nlohmann::json>;

/// `near` over `far`, a field at a time. A check that `near` makes one of another type keeps nothing.
void lay_over(CheckSays& far, const CheckSays& near);
/// Whether it is said what is asked: else it can only change a check that there is.
[[nodiscard]] bool is_whole(const nlohmann::json& fields);
/// Errors: as parse_checks().
[[nodiscard]] Result<Checks> checks_of(const CheckSays& says, const std::string& where);

}  // namespace switchback
