// SPDX-License-Identifier: MIT
#include "tests/support/guarantee/guarantee.hpp"

#include <algorithm>

namespace switchback::guarantee {
namespace {

using Broken = std::vector<std::string>;

std::string quoted(const std::string& closure) { return closure.empty() ? "nothing" : "«" + closure + "»"; }

bool is_told(Outcome outcome) { return outcome == Outcome::superseded || outcome == Outcome::revert_failed; }

bool is_commit(Outcome outcome) {
  return outcome == Outcome::committed || outcome == Outcome::committed_unhealthy;
}

void check_end(const Facts& facts, Broken& broken) {
  if (!facts.ended) broken.emplace_back("1: the host has reached no terminal state");
  if (facts.took_ms > facts.allowed_ms) {
    broken.push_back("1: it took " + std::to_string(facts.took_ms) +
                     " ms, and the deadlines together allow " + std::to_string(facts.allowed_ms));
  }
}

/// Somebody else's change is left alone, and told unless it came when all was over.
void check_moved(const ProfileFacts& profile, Broken& broken) {
  if (profile.named == profile.moved_to || profile.moved_to == profile.wanted) return;
  broken.push_back("2: profile " + profile.profile + " was moved to " + quoted(profile.moved_to) +
                   " by somebody else, and names " + quoted(profile.named) + " now");
}

void check_places(const Facts& facts, const ProfileFacts& profile, Broken& broken) {
  if (facts.outcome && is_told(*facts.outcome)) return;
  if (profile.moved && (profile.named == profile.moved_to || profile.moved_to != profile.before))
    return check_moved(profile, broken);
  const auto recorded = facts.outcome && is_commit(*facts.outcome) ? profile.wanted : profile.before;
  // What an unhealthy closure or a script without one before it has left running is told, and not known.
  const bool is_exact = profile.can_be_undone && facts.outcome != Outcome::committed_unhealthy;
  const auto told = facts.outcome ? std::string(text(*facts.outcome)) : "never begun";
  for (const auto& [place, closure] : {std::pair{"runs", profile.runs},
                                       {"is named by the profile", profile.named},
                                       {"would be brought up by a reboot", profile.boots}}) {
    const bool named = std::string_view(place) == "is named by the profile";
    if (closure == recorded || (!named && !is_exact)) continue;
    broken.push_back("2: profile " + profile.profile + ": " + quoted(closure) + " " + place +
                     ", but the record says " + told + ", which is " + quoted(recorded));
  }
}

void check_running(const Facts& facts, Broken& broken) {
  if (facts.units_broke || !facts.outcome || is_told(*facts.outcome)) return;
  for (const auto& unit : facts.stopped)
    broken.push_back("2: " + unit +
                     " ran before, and does not run in the end: " + std::string(text(*facts.outcome)));
}

void check_confirm(const Facts& facts, Broken& broken) {
  const bool committed = facts.outcome && is_commit(*facts.outcome);
  if (committed && facts.confirm != ConfirmMode::none && !facts.confirmed_in_time)
    broken.emplace_back("3: committed without a confirm that arrived in time");
  if (facts.answered_committed && !committed)
    broken.push_back("3: a confirm was answered, and then: " +
                     std::string(facts.outcome ? text(*facts.outcome) : "nothing is known of it"));
  if (facts.answered_committed && !facts.durable_when_answered)
    broken.emplace_back("3: a confirm was answered before the record was on disk");
  if (committed && facts.check_never_passed)
    broken.emplace_back("3: committed although a required check never passed");
  if (committed && facts.blind_ms > kBlindnessAllowedMs)
    broken.push_back("3: committed although a unit had been bad for " + std::to_string(facts.blind_ms) +
                     " ms");
}

void check_generations(const ProfileFacts& profile, Broken& broken) {
  for (const auto& closure : profile.set_to) {
    if (closure != profile.before && closure != profile.wanted)
      broken.push_back("4: profile " + profile.profile + " was set to " + quoted(closure) +
                       ", which is neither the recorded previous closure nor the new one");
  }
  for (const auto& [number, closure] : profile.generations_before) {
    const auto now = profile.generations_after.find(number);
    if (profile.others_delete) continue;
    if (now == profile.generations_after.end() || now->second != closure)
      broken.push_back("4: generation " + std::to_string(number) + " of profile " + profile.profile +
                       " was deleted");
  }
}

/// What has not proven itself is not what the next «--rollback» goes to.
void check_unproven(const Facts& facts, const ProfileFacts& profile, Broken& broken) {
  const bool may_stay =
      facts.outcome && (is_commit(*facts.outcome) || *facts.outcome == Outcome::revert_failed);
  if (may_stay || facts.writes_failed || profile.before == profile.wanted) return;
  for (const auto& [number, closure] : profile.generations_after) {
    if (closure != profile.wanted || profile.generations_before.contains(number)) continue;
    broken.push_back("4: generation " + std::to_string(number) + " of profile " + profile.profile +
                     " is still " + quoted(closure) + ", which was not committed");
  }
}

void check_default(const Facts& facts, const ProfileFacts& profile, Broken& broken) {
  if (profile.made_default.empty() || profile.made_default == profile.before) return;
  const bool not_withdrawn = facts.outcome == Outcome::revert_failed && profile.is_once;
  if (profile.boots == profile.made_default || not_withdrawn) return;
  broken.push_back("6: somebody else has made the host boot " + quoted(profile.made_default) +
                   ", and a reboot would bring up " + quoted(profile.boots));
}

void check_bounds(const Facts& facts, Broken& broken) {
  if (facts.revert_attempts > 2)
    broken.push_back("5: a revert was attempted " + std::to_string(facts.revert_attempts) + " times");
  if (facts.record_was_whole && !facts.trouble.empty())
    broken.push_back("5: the record cannot be used: " + facts.trouble);
}

}  // namespace

std::vector<std::string> broken_by(const Facts& facts) {
  Broken broken;
  check_end(facts, broken);
  if (facts.ended) {
    for (const auto& profile : facts.profiles) {
      check_places(facts, profile, broken);
      check_unproven(facts, profile, broken);
      check_default(facts, profile, broken);
    }
    check_running(facts, broken);
    check_confirm(facts, broken);
    if (facts.needs_no_person && facts.outcome &&
        (is_told(*facts.outcome) || *facts.outcome == Outcome::reverted_unhealthy))
      broken.push_back("1: a single fault needs a person: " + std::string(text(*facts.outcome)));
    if (facts.due && facts.outcome != facts.due)
      broken.push_back("due was: " + std::string(text(*facts.due)) +
                       ", and it came to: " + std::string(facts.outcome ? text(*facts.outcome) : "nothing"));
  }
  for (const auto& profile : facts.profiles) check_generations(profile, broken);
  check_bounds(facts, broken);
  return broken;
}

}  // namespace switchback::guarantee
