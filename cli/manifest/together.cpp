// SPDX-License-Identifier: MIT
#include "cli/manifest/together.hpp"

#include <algorithm>

namespace switchback {
namespace {

using std::chrono::milliseconds;

/// Without what is there already: the levels above are the same for all profiles.
void add_missing(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const auto& entry : more) {
    if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
  }
}

GatePolicy joined(GatePolicy left, const GatePolicy& right) {
  left.soak = std::max(left.soak, right.soak);
  left.deadline = std::max(left.deadline, right.deadline);
  add_missing(left.critical, right.critical);
  add_missing(left.ignore, right.ignore);
  add_missing(left.expect_failed, right.expect_failed);
  left.flap_limit = std::min(left.flap_limit, right.flap_limit);
  left.strict = left.strict || right.strict;
  return left;
}

int strictness(ConfirmMode confirm) {
  switch (confirm) {
    case ConfirmMode::none:
      return 0;
    case ConfirmMode::automatic:
      return 1;
    case ConfirmMode::manual:
      return 2;
  }
  return 1;
}

/// The longest of those that are confirmed, if one of them says something about it.
std::optional<milliseconds> confirm_timeout(const std::vector<Effective>& profiles) {
  const auto unconfirmed = [](const Effective& profile) { return profile.confirm == ConfirmMode::none; };
  const bool all = std::all_of(profiles.begin(), profiles.end(), unconfirmed);
  bool said = false;
  milliseconds longest{0};
  for (const auto& profile : profiles) {
    if (unconfirmed(profile) && !all) continue;
    said = said || profile.confirm_timeout;
    longest = std::max(longest, profile.confirm_timeout.value_or(usual_confirm_timeout(profile.confirm)));
  }
  return said ? std::optional(longest) : std::nullopt;
}

}  // namespace

Together together(const std::vector<Effective>& profiles, const Overrides& overrides,
                  const ActivateRequest& base) {
  Together result{.request = base};
  auto& request = result.request;
  request.id = ActivationId::random();
  request.changes.clear();
  if (!profiles.empty()) {
    const auto& first = profiles.front();
    request.gate = first.gate;
    request.confirm = first.confirm;
    request.activation_timeout = first.activation_timeout;
    request.auto_rollback = first.auto_rollback;
    result.fast_connection = first.fast_connection;
  }
  for (const auto& profile : profiles) {
    request.gate = joined(std::move(request.gate), profile.gate);
    if (strictness(profile.confirm) > strictness(request.confirm)) request.confirm = profile.confirm;
    request.activation_timeout = std::max(request.activation_timeout, profile.activation_timeout);
    request.auto_rollback = request.auto_rollback || profile.auto_rollback;
    result.fast_connection = result.fast_connection && profile.fast_connection;
  }
  request = with_overrides(std::move(request), overrides, confirm_timeout(profiles));
  result.fast_connection = overrides.fast_connection.value_or(result.fast_connection);
  return result;
}

}  // namespace switchback
