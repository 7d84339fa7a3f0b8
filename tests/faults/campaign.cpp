// SPDX-License-Identifier: MIT
// The campaign on booted hosts: as many faults of each kind as asked for, at random moments from a seed.
#include "tests/faults/tally.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <random>
#include <vector>

using namespace switchback::test;

namespace {

struct Wanted {
  int kills = 200, reexecs = 50, cuts = 50, crashes = 30;
  std::uint64_t seed = 1;
  double minutes = 0;
  bool as_json = false;
};

/// All kinds mixed, so that a campaign that is cut short has had some of each.
std::vector<Strike> choose(const Wanted& wanted) {
  std::mt19937_64 random(wanted.seed);
  std::vector<Strike> strikes;
  const std::pair<Fault, int> kinds[] = {{Fault::kill, wanted.kills},
                                         {Fault::reexec, wanted.reexecs},
                                         {Fault::cut, wanted.cuts},
                                         {Fault::crash, wanted.crashes}};
  for (const auto& [fault, number] : kinds)
    strikes.insert(strikes.end(), static_cast<std::size_t>(number), {fault});
  std::shuffle(strikes.begin(), strikes.end(), random);
  for (auto& strike : strikes) {
    // From the login to a while after the outcome.
    strike.delay = Duration(std::uniform_int_distribution<int>(200, 3500)(random));
    constexpr Deployed kDeployed[] = {Deployed::good, Deployed::slow, Deployed::bad};
    strike.deployed = kDeployed[std::uniform_int_distribution<int>(0, 2)(random)];
  }
  return strikes;
}

bool campaign(const Wanted& wanted) {
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(static_cast<long>(wanted.minutes * 60'000));
  StruckHost host;
  Tally tally;
  int index = 0;
  for (const auto& strike : choose(wanted)) {
    if (wanted.minutes > 0 && std::chrono::steady_clock::now() >= end) break;
    tally.add(std::cout, wanted.as_json, index++, strike, host.run(strike));
  }
  tally.show(std::cout, wanted.as_json);
  if (!wanted.as_json) std::cout << "seed " << wanted.seed << std::endl;
  return tally.good();
}

}  // namespace

int main(int argc, char** argv) {
  Wanted wanted;
  CLI::App app("Strikes a booted host with faults while it is deployed to, and tells what became of each.");
  app.add_option("--kills", wanted.kills, "kill -9 of the activator (200)");
  app.add_option("--reexecs", wanted.reexecs, "re-executions of systemd (50)");
  app.add_option("--cuts", wanted.cuts, "cuts of the network (50)");
  app.add_option("--crashes", wanted.crashes, "crashes of the host (30)");
  app.add_option("--seed", wanted.seed, "chooses the moments (1)");
  app.add_option("--minutes", wanted.minutes, "stop after this time");
  app.add_flag("--json", wanted.as_json, "one document a line");
  CLI11_PARSE(app, argc, argv);
  try {
    return campaign(wanted) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "campaign: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
