// SPDX-License-Identifier: MIT
// The guarantee over very many random schedules, each of which can be seen again by its seed.
#include "tests/simulation/simulation.hpp"

#include "tests/simulation/broken.hpp"
#include "tests/support/catch.hpp"

#include <iostream>

using namespace switchback;
using namespace switchback::simulation;

namespace {

// One run is the same as the next: `simulate --seed` is for other ones.
constexpr Budget kRun{.first_seed = 1'000'000, .schedules = 100'000, .threads = 2};
constexpr std::uint64_t kEnough = 1000;  // to find a broken engine

std::string explanation(std::uint64_t seed, const Tampering& tampering) {
  std::string words;
  explain(seed, tampering, [&](const std::string& line) { words += line + "\n"; });
  return words;
}

std::string told(const std::vector<Failure>& failures) {
  std::string words;
  for (const auto& failure : failures) {
    words += "seed " + std::to_string(failure.seed) + ", to be seen again by simulate --replay:\n";
    for (const auto& line : failure.broken) words += "  " + line + "\n";
  }
  if (!failures.empty()) words += explanation(failures.front().seed, {});
  return words;
}

/// Events that an engine brings about in each state. All others mean nothing there, or cannot happen: they
/// are fed to the state machine directly.
bool comes_from_the_engine(std::size_t state, std::size_t event) {
  // By state: Prepared PreparationFailed StepDone StepFailed RebootNeeded Superseded GateHealthy GatePending
  // GateUnhealthy SoakElapsed DeadlineReached Confirmed CancelRequested RecordFailed Restarted
  constexpr std::array<std::string_view, kStates> kComes{
      "11..........111",  // preparing
      "..11........111",  // rehearsing
      "..1111....1.111",  // switching
      "..11......1.111",  // awaiting boot
      "......111111111",  // observing
      "......111.11111",  // awaiting confirmation
      "......111.1.111",  // testing
      "..11.1.....1.11",  // committing
      "..11.111111...1",  // reverting
      "..............1",  // finished
  };
  return kComes[state][event] == '1';
}

}  // namespace

TEST_CASE(
    "over 100,000 schedules of faults nothing that was promised is broken, and every pair of state and "
    "event, and of state and fault, was met",
    "[simulation]") {
  const auto run = play_many(kRun);
  std::cout << run.coverage.endings_table() << run.coverage.faults_table() << run.coverage.events_table()
            << run.coverage.schedules << " schedules from seed " << kRun.first_seed << " in " << run.seconds
            << " s, " << run.broken << " broken\n";
  INFO(told(run.failures));
  CHECK(run.broken == 0);
  CHECK(run.coverage.schedules == kRun.schedules);
  for (std::size_t state = 0; state < kStates; ++state) {
    for (std::size_t event = 0; event < kEvents; ++event) {
      INFO(kStateNames[state] << " + " << kEventNames[event]);
      CHECK(run.coverage.fed[state][event] > 0);
      if (comes_from_the_engine(state, event)) CHECK(run.coverage.events[state][event] > 0);
    }
    for (std::size_t fault = 0; fault < kFaults; ++fault) {
      INFO(kFaultNames[fault] << " while " << kStateNames[state]);
      CHECK(run.coverage.struck[fault][state] > 0);
    }
  }
}

TEST_CASE("an engine that is broken on purpose is found within 1,000 schedules", "[simulation]") {
  for (const auto& broken : broken_engines()) {
    const auto run = play_many({.schedules = kEnough, .threads = 2, .stop_at_first = true}, broken.tampering);
    INFO(broken.name << ": " << broken.mistake);
    REQUIRE_FALSE(run.failures.empty());
    std::cout << broken.name << ": found at seed " << run.failures.front().seed << ": "
              << run.failures.front().broken.front() << "\n";
  }
}

TEST_CASE("a schedule is played again exactly, whoever listens", "[simulation]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Coverage coverage;
    std::string trace;
    std::string again;
    const auto silent = play(seed, coverage);
    const auto first = play(seed, coverage, {}, [&](const std::string& line) { trace += line; });
    const auto second = play(seed, coverage, {}, [&](const std::string& line) { again += line; });
    INFO("seed " << seed);
    CHECK(silent.digest == first.digest);
    CHECK(first.digest == second.digest);
    CHECK(trace == again);
    CHECK(silent.broken == first.broken);
  }
}

TEST_CASE("a seed that breaks a promise tells its schedule and what happened", "[simulation]") {
  const auto& broken = broken_engines().front();
  const auto run = play_many({.schedules = kEnough, .stop_at_first = true}, broken.tampering);
  REQUIRE_FALSE(run.failures.empty());
  const auto words = explanation(run.failures.front().seed, broken.tampering);
  CHECK_THAT(words, Catch::Matchers::ContainsSubstring("seed " + std::to_string(run.failures.front().seed)));
  CHECK_THAT(words, Catch::Matchers::ContainsSubstring("FAULT "));
  CHECK_THAT(words, Catch::Matchers::ContainsSubstring("BROKEN " + run.failures.front().broken.front()));
}
