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
  if (right.prefailing == Prefailing::fail) left.prefailing = Prefailing::fail;
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

/// What each part says about its checks, the command line laid over those that have them; what only the
/// command line says is of one of them. Errors: invalid_request.
Result<std::vector<CheckSays>> checks_said(const std::vector<NodePart>& parts, const CheckSays& over) {
  std::vector<CheckSays> said;
  for (const auto& part : parts) said.push_back(part.says.checks);
  for (const auto& [name, fields] : over) {
    bool there = fields.is_null() || said.empty();
    for (auto& checks : said) {
      if (!checks.contains(name)) continue;
      lay_over(checks, {{name, fields}});
      there = true;
    }
    if (there) continue;
    if (!is_whole(fields))
      return fail(Errc::invalid_request,
                  "--check " + name + ": there is no such check, and no type is given");
    lay_over(said.front(), {{name, fields}});
  }
  return said;
}

Result<Checks> joined_checks(const std::vector<NodePart>& parts, const CheckSays& over) {
  const auto said = checks_said(parts, over);
  if (!said) return tl::make_unexpected(said.error());
  std::map<std::string, std::map<std::string, CheckPolicy>> by_name;  // and profile
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto checks = checks_of((*said)[i], "gate.checks");
    if (!checks) return tl::make_unexpected(checks.error());
    for (auto& [name, check] : *checks) by_name[name].emplace(parts[i].name, std::move(check));
  }
  Checks joined;
  for (const auto& [name, checks] : by_name) {
    const auto& first = checks.begin()->second;
    const bool alike =
        std::all_of(checks.begin(), checks.end(), [&](const auto& entry) { return entry.second == first; });
    for (const auto& [profile, check] : checks) {
      const auto whole_name = alike ? name : profile + "." + name;
      const auto added = joined.emplace(whole_name, check);
      if (!added.second && !(added.first->second == check))
        return fail(Errc::invalid_request, "gate.checks." + whole_name + ": there are two of this name");
    }
  }
  return joined;
}

/// The longest of those that are confirmed, if one of them says something about it.
std::optional<milliseconds> confirm_timeout(const std::vector<NodePart>& parts) {
  const auto unconfirmed = [](const NodePart& part) { return part.says.confirm == ConfirmMode::none; };
  const bool all = std::all_of(parts.begin(), parts.end(), unconfirmed);
  bool said = false;
  milliseconds longest{0};
  for (const auto& part : parts) {
    if (unconfirmed(part) && !all) continue;
    said = said || part.says.confirm_timeout;
    longest = std::max(longest, part.says.confirm_timeout.value_or(usual_confirm_timeout(part.says.confirm)));
  }
  return said ? std::optional(longest) : std::nullopt;
}

}  // namespace

Result<Together> together(const std::vector<NodePart>& parts, const Overrides& overrides,
                          const ActivateRequest& base) {
  Together result{.request = base};
  auto& request = result.request;
  request.id = ActivationId::random();
  request.changes.clear();
  if (!parts.empty()) {
    const auto& first = parts.front().says;
    request.gate = first.gate;
    request.confirm = first.confirm;
    request.activation_timeout = first.activation_timeout;
    request.auto_rollback = first.auto_rollback;
    result.fast_connection = first.fast_connection;
  }
  for (const auto& part : parts) {
    const auto& profile = part.says;
    request.gate = joined(std::move(request.gate), profile.gate);
    if (strictness(profile.confirm) > strictness(request.confirm)) request.confirm = profile.confirm;
    request.activation_timeout = std::max(request.activation_timeout, profile.activation_timeout);
    request.auto_rollback = request.auto_rollback || profile.auto_rollback;
    result.fast_connection = result.fast_connection && profile.fast_connection;
  }
  request = with_overrides(std::move(request), overrides, confirm_timeout(parts));
  auto checks = joined_checks(parts, overrides.gate.checks);
  if (!checks) return tl::make_unexpected(checks.error());
  request.gate.checks = std::move(*checks);
  result.fast_connection = overrides.fast_connection.value_or(result.fast_connection);
  return result;
}

}  // namespace switchback
