// SPDX-License-Identifier: MIT
#include "tests/killpoints/campaign.hpp"

#include "activator/engine/history.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace switchback::test {
namespace {

constexpr std::int64_t kWithinMs = 30 * 60 * 1000;  // more than the sum of the phases' deadlines

int revert_attempts(const HistoryEntry& entry) {
  const auto again = [](const Event& event) {
    const auto* warning = std::get_if<WarningEvent>(&event.body);
    return warning != nullptr && warning->message.starts_with("reverting once more");
  };
  return 1 + static_cast<int>(std::count_if(entry.events.begin(), entry.events.end(), again));
}

std::string story_of(const HistoryEntry& entry) {
  std::string story;
  for (const auto& event : entry.events) {
    if (const auto* phase = std::get_if<PhaseEvent>(&event.body))
      story += std::string(text(phase->phase)) + ". ";
    if (const auto* warning = std::get_if<WarningEvent>(&event.body)) story += warning->message + ". ";
  }
  for (const auto& cause : entry.status.outcome->causes) story += "\ncause: " + cause.message;
  return story;
}

}  // namespace

Tally& tally() {
  static Tally one;
  return one;
}

void Tally::add(const Verdict& verdict) {
  ++injected_;
  broken_ += verdict.broken.empty() ? 0 : 1;
  ++by_point_[verdict.point][verdict.fault];
  ++by_outcome_[verdict.outcome];
}

Tally::~Tally() {
  if (injected_ == 0) return;
  std::printf("\n%-76s", "point");
  for (const auto fault : kFaults) std::printf("%8s", name_of(fault));
  std::map<Fault, int> sums;
  for (const auto& [point, counts] : by_point_) {
    std::printf("\n%-76.76s", point.c_str());
    for (const auto fault : kFaults) {
      const auto found = counts.find(fault);
      std::printf("%8d", found == counts.end() ? 0 : found->second);
      sums[fault] += found == counts.end() ? 0 : found->second;
    }
  }
  std::printf("\n%-76s", "all");
  for (const auto fault : kFaults) std::printf("%8d", sums[fault]);
  std::printf("\n\n%d faults injected, %d survived", injected_, injected_ - broken_);
  for (const auto& [outcome, count] : by_outcome_) std::printf("; %s %d", outcome.c_str(), count);
  std::printf("\n");
}

Campaign::Campaign() : plan_(map_plan(shared_ / "plan")) {
  make_closures();
  const auto programs = std::filesystem::path(shared_ / "bin");
  std::filesystem::create_directories(programs);
  for (const auto* name : {"nix-env", "nix-store", "systemctl"})
    std::filesystem::create_symlink(SWITCHBACK_NIX_PROGRAMS, programs / name);
  ::setenv("PATH", programs.c_str(), 1);
  ::setenv("SWITCHBACK_TEST_PLAN", (shared_ / "plan").c_str(), 1);
  root_.path().copy(plan_->root.data(), plan_->root.size() - 1);
}

/// One run of the scenario, with what the plan says.
Verdict Campaign::strike(const Scenario& scenario) {
  plan_->reached = 0;
  plan_->has_struck = plan_->fails_from_now = plan_->has_died = false;
  plan_->dies_first_at.fill('\0');
  scenario.dies_first_at.copy(plan_->dies_first_at.data(), plan_->dies_first_at.size() - 1);
  plan_->activator = 0;
  KeptHost host(scenario, root_.path(), shared_ / "bin", plan_);
  const auto named = [](const std::string& closure) { return closure.empty() ? "nothing" : closure; };
  guarantee::ProfileFacts app;
  app.before = named(scenario.before);
  app.wanted = named(scenario.after);
  app.generations_before = host.generations();
  const auto course = host.deploy(!scenario.dies_first_at.empty() || plan_->at % 2 == 1);

  Verdict verdict;
  const auto entry = parse_history(host.history());
  verdict.story = course.not_begun;
  if (entry) verdict.story = story_of(*entry);
  // Without a record and without a history nobody has heard of the activation.
  verdict.outcome = entry              ? std::string(text(entry->status.outcome->outcome))
                    : course.undecided ? ""
                                       : "not begun";
  app.runs = host.runs();
  app.named = host.profile();
  app.boots = host.boots();
  app.generations_after = host.generations();
  guarantee::Facts facts;
  facts.ended = !course.stuck && !verdict.outcome.empty();
  facts.took_ms = course.took_ms;
  facts.allowed_ms = kWithinMs;
  if (entry) facts.outcome = entry->status.outcome->outcome;
  facts.profiles.push_back(std::move(app));
  // A lock cannot be taken on a full disk, either: what could not be deleted is told then.
  facts.writes_failed = plan_->has_struck && plan_->fault != Fault::kill &&
                        plan_->fault != Fault::kill_reboot && plan_->fault != Fault::torn;
  facts.confirmed_in_time = course.confirm_sent;
  facts.answered_committed = course.answered_committed;
  facts.revert_attempts = entry ? revert_attempts(*entry) : 0;
  verdict.broken = guarantee::broken_by(facts);
  const bool as_wished = verdict.outcome == text(scenario.ends) || verdict.outcome == "not begun";
  if (!as_wished && entry && entry->status.outcome->causes.empty())
    verdict.broken.push_back("nobody was told why");
  if (verdict.outcome == "not begun" && course.confirm_sent) verdict.broken.push_back("it was forgotten");
  if (!scenario.dies_first_at.empty() && !plan_->has_died)
    verdict.broken.push_back("it did not die beforehand");
  for (const auto& ran : course.ran) {
    // A script is run through its profile, which cannot be moved then.
    const bool whole =
        ran == named(scenario.before) || ran == named(scenario.after) || scenario.kind == Kind::script;
    if (!whole) verdict.broken.push_back("it was given up when " + ran);
  }
  for (const auto& left : host.leftovers()) {
    // What cannot be removed stays.
    const bool stays =
        plan_->has_struck && (plan_->fault == Fault::broken_disk || plan_->fault == Fault::io_error);
    if (!stays) verdict.broken.push_back(left + " is left over");
  }
  return verdict;
}

Verdict Campaign::rehearse(const Scenario& scenario) {
  plan_->strikes = false;
  plan_->at = 0;
  return strike(scenario);
}

std::vector<Verdict> Campaign::run(const Scenario& scenario) {
  (void)rehearse(scenario);
  const std::vector<Point> points(plan_->points.begin(), plan_->points.begin() + plan_->reached);
  std::vector<Verdict> verdicts;
  std::size_t possible = 0;
  for (std::size_t index = 0; index < points.size(); ++index) {
    for (const auto fault : kFaults) {
      if (!can_strike(fault, points[index].moment)) continue;
      if (possible++ % SWITCHBACK_STRIKE_EVERY != 0) continue;
      plan_->strikes = true;
      plan_->at = static_cast<int>(index);
      plan_->fault = fault;
      Verdict verdict;
      try {
        verdict = strike(scenario);
      } catch (const std::exception& error) {
        verdict.broken.emplace_back(error.what());
      }
      verdict.fault = fault;
      verdict.point = plan_->points[index].name.data();
      if (!plan_->has_struck) verdict.broken.emplace_back("the point was not reached again");
      tally().add(verdict);
      verdicts.push_back(std::move(verdict));
    }
  }
  return verdicts;
}

}  // namespace switchback::test
