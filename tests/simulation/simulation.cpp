// SPDX-License-Identifier: MIT
#include "tests/simulation/simulation.hpp"

#include "tests/simulation/totality.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace switchback::simulation {
namespace {

constexpr std::size_t kFailuresKept = 200;
constexpr std::uint64_t kFeedEvery = 97;

Ending ending_of(const guarantee::Facts& facts, bool broken) {
  if (broken) return Ending::broken;
  if (!facts.outcome) return Ending::never_begun;
  switch (*facts.outcome) {
    case Outcome::committed:
    case Outcome::committed_unhealthy:
      return Ending::committed;
    case Outcome::reverted:
      return Ending::reverted;
    case Outcome::refused:
    case Outcome::planned:
      return Ending::refused;
    default:
      return Ending::needs_a_person;
  }
}

/// The places once more, after the host has lost its power at rest.
void judge_after_reboot(const Machine& machine, std::vector<std::string>& broken) {
  auto facts = machine.facts();
  facts.profiles = machine.after_reboot();
  facts.units_broke = true;
  for (const auto& line : guarantee::broken_by(facts)) {
    if (std::find(broken.begin(), broken.end(), line) == broken.end())
      broken.push_back(line + " (after a power cut at rest)");
  }
}

void play_share(const Budget& budget, const Tampering& tampering, std::atomic<std::uint64_t>& next,
                std::atomic<bool>& stop, Run& run) {
  constexpr std::uint64_t kBatch = 50;
  const auto begun = std::chrono::steady_clock::now();
  while (!stop) {
    const auto from = next.fetch_add(kBatch);
    if (from >= budget.schedules) return;
    for (auto index = from; index < std::min(from + kBatch, budget.schedules); ++index) {
      const auto seed = budget.first_seed + index;
      Verdict verdict;
      try {
        verdict = play(seed, run.coverage, tampering);
      } catch (const std::exception& error) {
        verdict.broken.push_back(std::string("the engine threw: ") + error.what());
      }
      if (verdict.broken.empty()) continue;
      ++run.broken;
      if (run.failures.size() < kFailuresKept) run.failures.push_back({seed, std::move(verdict.broken)});
      if (budget.stop_at_first) stop = true;
    }
    if (budget.time.count() > 0 && std::chrono::steady_clock::now() - begun > budget.time) return;
  }
}

}  // namespace

Verdict play(std::uint64_t seed, Coverage& coverage, const Tampering& tampering, const Told& told) {
  const auto schedule = make_schedule(seed);
  Machine machine(schedule, coverage, tampering, told);
  machine.play();
  Verdict verdict{guarantee::broken_by(machine.facts()), {}, machine.digest()};
  if (machine.script() && seed % kFeedEvery == 0) {
    auto script = *machine.script();
    for (const bool by_boot : {script.by_boot, !script.by_boot}) {
      script.by_boot = by_boot;
      for (auto& problem : feed_every_pair(script, coverage)) verdict.broken.push_back(std::move(problem));
    }
  }
  if (machine.facts().ended) judge_after_reboot(machine, verdict.broken);
  verdict.ending = ending_of(machine.facts(), !verdict.broken.empty());
  ++coverage.schedules;
  const auto column = static_cast<std::size_t>(verdict.ending);
  for (const auto fault : std::set<Fault>(machine.struck().begin(), machine.struck().end()))
    ++coverage.endings[static_cast<std::size_t>(fault)][column];
  if (machine.struck().empty()) ++coverage.endings[kFaults][column];
  return verdict;
}

Run play_many(const Budget& budget, const Tampering& tampering) {
  const auto begun = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};
  std::vector<Run> runs(std::max(budget.threads, 1U));
  std::vector<std::thread> threads;
  threads.reserve(runs.size());
  for (auto& run : runs) threads.emplace_back([&] { play_share(budget, tampering, next, stop, run); });
  for (auto& thread : threads) thread.join();
  Run all;
  for (auto& run : runs) {
    all.coverage.add(run.coverage);
    all.broken += run.broken;
    all.failures.insert(all.failures.end(), run.failures.begin(), run.failures.end());
  }
  std::sort(all.failures.begin(), all.failures.end(),
            [](const Failure& left, const Failure& right) { return left.seed < right.seed; });
  if (all.failures.size() > kFailuresKept) all.failures.resize(kFailuresKept);
  all.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return all;
}

bool explain(std::uint64_t seed, const Tampering& tampering, const Told& told) {
  Coverage coverage;
  told(describe(make_schedule(seed)));
  const auto verdict = play(seed, coverage, tampering, told);
  for (const auto& line : verdict.broken) told("BROKEN " + line);
  return verdict.broken.empty();
}

}  // namespace switchback::simulation
