// SPDX-License-Identifier: MIT
#include "activator/engine/rejected.hpp"

#include "activator/core/activation.hpp"
#include "activator/engine/history.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace switchback {
namespace {

bool is_reverted(Outcome outcome) {
  return outcome == Outcome::reverted || outcome == Outcome::reverted_unhealthy ||
         outcome == Outcome::revert_failed;
}

std::string date(std::int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts)};
}

}  // namespace

std::optional<std::string> last_rejection(RecordStore& records, const ProfileName& profile,
                                          const StorePath& closure) {
  std::optional<std::string> rejection;
  records.visit_history([&](const std::string& document) {
    if (document.find(closure.text()) == std::string::npos) return true;
    const auto entry = parse_history_without_events(document);
    const bool tried =
        entry && std::any_of(entry->changes.begin(), entry->changes.end(), [&](const auto& change) {
          return change.profile == profile && change.closure == closure;
        });
    if (!tried) return true;
    const auto& outcome = *entry->status.outcome;
    if (is_committed(outcome.outcome)) return false;
    if (!is_reverted(outcome.outcome) || entry->mode == Mode::test) return true;
    if (outcome.causes.empty() || says_cancelled(outcome.causes.front())) return true;
    rejection = "on " + date(entry->finished_ms) + " it was reverted: " + outcome.causes.front().message;
    return false;
  });
  return rejection;
}

}  // namespace switchback
