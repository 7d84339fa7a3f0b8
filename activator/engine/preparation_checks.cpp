// SPDX-License-Identifier: MIT
// The gate's checks before anything is changed: which cannot be asked, and which fail already; a part of
// preparation.hpp.
#include "activator/core/unmatched_globs.hpp"
#include "activator/engine/preparation.hpp"
#include "activator/protocol/check_store_paths.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

// Preparing has a deadline of its own, whatever a check is allowed.
constexpr std::chrono::seconds kTryWithin{60};

Error refused_check(const std::string& name, const std::string& why) {
  return {Errc::refused, cannot_be_asked(name, why)};
}

}  // namespace

/// They need not be part of any closure.
Status Preparer::keep_check_programs() {
  std::size_t index = 0;
  for (const auto& path : store_paths_on_host(request_.gate.checks)) {
    const auto name = request_.id.text() + "-check-" + std::to_string(index++);
    if (auto pinned = ports_.profiles.pin(name, path); !pinned) return pinned;
  }
  return {};
}

/// Beside all the rest: only what was found in the closures is told before.
void Preparer::try_checks() {
  for (const auto& [name, check] : checks_to_ask(request_.gate, {})) {
    if (const auto possible = ports_.prober.can_ask(check.policy); !possible && !unaskable_)
      unaskable_ = refused_check(name, possible.error().message);
  }
  if (unaskable_) return;
  for (const auto& [name, check] : checks_to_ask(request_.gate, {})) {
    if (check.policy.required) try_check(name, check.policy);
  }
}

void Preparer::try_check(const std::string& name, CheckPolicy policy) {
  const bool cut_short = policy.timeout > kTryWithin;
  policy.timeout = std::min<std::chrono::milliseconds>(policy.timeout, kTryWithin);
  auto& asking = asking_[name];
  asking = ports_.prober.ask({name, policy, request_.id.text()},
                             alive_.guard([this, name, cut_short](const CheckTry& answer) {
                               if (answer.answer == CheckAnswer::impossible && !unaskable_)
                                 unaskable_ = refused_check(name, answer.reason);
                               // Of one that was not given its whole time nothing is known.
                               if (!answer.passed() && !cut_short) result_.prefailing.insert(name);
                               const auto state = answer.passed() ? CheckState::passed : CheckState::failed;
                               result_.checks.push_back({name, state, told_of(answer)});
                               asking_.erase(name);
                               settle();
                             }));
}

void Preparer::warn_of_prefailing() {
  if (request_.gate.prefailing != Prefailing::tolerate) return;
  for (const auto& name : result_.prefailing)
    warn("check " + name + " fails already, and need not pass in the trial: prefailing is tolerate");
}

void Preparer::warn_of_unmatched() {
  const auto& gate = request_.gate;
  if (gate.critical.empty() && gate.ignore.empty() && gate.expect_failed.empty()) return;
  std::set<std::string, std::less<>> units;
  for (const auto& [unit, state] : live_) {
    if (state.load != "not-found") units.insert(unit.text());
  }
  for (const auto& draft : drafts_) {
    for (const auto* set : {&draft.before, &draft.after}) {
      for (const auto& [unit, text] : set->fragments) units.insert(unit.text());
    }
  }
  for (auto& sentence : unmatched_globs(gate, units, "that is loaded here or comes with this activation"))
    warn(std::move(sentence));
}

}  // namespace switchback
