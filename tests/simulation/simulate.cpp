// SPDX-License-Identifier: MIT
// simulate: plays random schedules against the model and says what they came to, by kind of fault.
#include "tests/simulation/simulation.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>

namespace {

using namespace switchback::simulation;

nlohmann::json to_json(const Run& run, const Budget& budget) {
  nlohmann::json faults = nlohmann::json::object();
  for (std::size_t fault = 0; fault <= kFaults; ++fault) {
    auto& row = faults[std::string(fault == kFaults ? "none" : kFaultNames[fault])];
    std::uint64_t injected = 0;
    for (std::size_t ending = 0; ending < kEndingNames.size(); ++ending) {
      row[std::string(kEndingNames[ending])] = run.coverage.endings[fault][ending];
      injected += run.coverage.endings[fault][ending];
    }
    row["injected"] = injected;
  }
  nlohmann::json failures = nlohmann::json::array();
  for (const auto& failure : run.failures)
    failures.push_back({{"seed", failure.seed}, {"broken", failure.broken}});
  return {{"schedules", run.coverage.schedules},
          {"first_seed", budget.first_seed},
          {"seconds", run.seconds},
          {"broken", run.broken},
          {"faults", faults},
          {"failures", failures}};
}

}  // namespace

int main(int argc, char** argv) {
  Budget budget{.first_seed = 0, .schedules = 0, .threads = 2};
  double minutes = 0;
  std::optional<std::uint64_t> replay;
  bool json = false;
  CLI::App app("Plays random schedules of an activation against a model of the host, by seed.");
  app.add_option("--seeds", budget.schedules, "how many schedules (100000, or as many as --minutes allow)");
  app.add_option("--seed", budget.first_seed, "the first of them");
  app.add_option("--minutes", minutes, "stop after this time");
  app.add_option("--threads", budget.threads, "how many threads play")->check(CLI::Range(1, 64));
  app.add_option("--replay", replay, "play this seed alone, and tell everything that happens");
  app.add_flag("--json", json, "a document for programs instead of tables");
  CLI11_PARSE(app, argc, argv);
  if (replay) {
    return explain(*replay, {}, [](const std::string& line) { std::cout << line << std::endl; }) ? 0 : 1;
  }
  budget.time = std::chrono::milliseconds{static_cast<std::int64_t>(minutes * 60'000)};
  if (budget.schedules == 0) budget.schedules = minutes > 0 ? ~std::uint64_t{0} / 2 : 100'000;
  const auto run = play_many(budget);
  if (json) {
    std::cout << to_json(run, budget).dump(2) << "\n";
  } else {
    std::cout << run.coverage.endings_table() << run.coverage.faults_table() << run.coverage.events_table();
    std::cout << run.coverage.schedules << " schedules from seed " << budget.first_seed << " in "
              << run.seconds << " s, " << run.broken << " broken\n";
    constexpr std::size_t kShown = 10;
    for (std::size_t index = 0; index < std::min(run.failures.size(), kShown); ++index) {
      const auto& failure = run.failures[index];
      std::cout << "seed " << failure.seed << "\n";
      for (const auto& line : failure.broken) std::cout << "  " << line << "\n";
    }
    if (!run.failures.empty())
      std::cout << "see it again: simulate --replay " << run.failures.front().seed << "\n";
  }
  return run.broken == 0 ? 0 : 1;
}
