// SPDX-License-Identifier: MIT
// The campaign on booted hosts: as many faults of each kind as asked for, at random moments from a seed.
#include "tests/faults/tally.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <iterator>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace switchback::test;

namespace {

struct Wanted {
  int kills = 200, reexecs = 50, cuts = 50, crashes = 30, aimed = 80;
  int hosts = 3;
  std::uint64_t seed = 1;
  double minutes = 0;
  bool as_json = false;
};

/// In the phases in which the most is at stake: they are short, chance alone would hardly ever hit them.
std::vector<Strike> aim(const Wanted& wanted) {
  std::mt19937_64 random(wanted.seed + 1);
  const auto number = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  std::vector<Strike> strikes(static_cast<std::size_t>(wanted.aimed));
  for (std::size_t index = 0; index < strikes.size(); ++index) {
    auto& strike = strikes[index];
    strike.fault = kFaults[index % std::size(kFaults)];
    const bool commits = index / std::size(kFaults) % 2 == 0;
    strike.phase = commits ? "committing" : "reverting";
    strike.deployed = commits ? Deployed::good : Deployed::bad;
    strike.delay = Duration(commits ? number(0, 60) : number(0, 600));
  }
  return strikes;
}

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
  // Evenly among the others, which are as they were without them.
  const auto aimed = aim(wanted);
  const auto others = strikes.size();
  for (std::size_t index = 0; index < aimed.size(); ++index) {
    const auto place = index + (index + 1) * others / aimed.size();
    strikes.insert(strikes.begin() + static_cast<std::ptrdiff_t>(place), aimed[index]);
  }
  return strikes;
}

/// Strikes for several hosts, each of which takes the next one when it has come to rest.
class Campaign {
 public:
  explicit Campaign(const Wanted& wanted)
      : wanted_(wanted), strikes_(choose(wanted)), end_(std::chrono::steady_clock::now() + budget(wanted)) {}

  /// Whether nothing was broken.
  bool run() {
    std::vector<std::thread> hosts;
    for (int i = 0; i < wanted_.hosts; ++i) hosts.emplace_back([this] { strike_a_host(); });
    for (auto& host : hosts) host.join();
    tally_.show(std::cout, wanted_.as_json);
    if (!wanted_.as_json) std::cout << "seed " << wanted_.seed << std::endl;
    for (const auto& trouble : troubles_) std::cerr << "campaign: " << trouble << std::endl;
    return tally_.good() && troubles_.empty();
  }

 private:
  static std::chrono::milliseconds budget(const Wanted& wanted) {
    constexpr double kAll = 24 * 60;
    return std::chrono::milliseconds(
        static_cast<long>((wanted.minutes > 0 ? wanted.minutes : kAll) * 60'000));
  }

  void strike_a_host() {
    try {
      StruckHost host;
      for (auto index = take(); index < strikes_.size(); index = take()) {
        const auto report = host.run(strikes_[index]);
        const std::lock_guard lock(mutex_);
        tally_.add(std::cout, wanted_.as_json, static_cast<int>(index), strikes_[index], report);
      }
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      troubles_.emplace_back(error.what());
    }
  }

  std::size_t take() {
    const std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::now() < end_ ? next_++ : strikes_.size();
  }

  const Wanted& wanted_;
  const std::vector<Strike> strikes_;
  const std::chrono::steady_clock::time_point end_;
  std::mutex mutex_;  // of all below
  std::size_t next_ = 0;
  Tally tally_;
  std::vector<std::string> troubles_;
};

}  // namespace

int main(int argc, char** argv) {
  Wanted wanted;
  CLI::App app("Strikes booted hosts with faults while they are deployed to, and tells what became of each.");
  app.add_option("--kills", wanted.kills, "kill -9 of the activator (200)");
  app.add_option("--reexecs", wanted.reexecs, "re-executions of systemd (50)");
  app.add_option("--cuts", wanted.cuts, "cuts of the network (50)");
  app.add_option("--crashes", wanted.crashes, "crashes of the host (30)");
  app.add_option("--aimed", wanted.aimed, "faults of all kinds while it commits and reverts (80)");
  app.add_option("--hosts", wanted.hosts, "how many at once (3)")->check(CLI::Range(1, 16));
  app.add_option("--seed", wanted.seed, "chooses the moments (1)");
  app.add_option("--minutes", wanted.minutes, "stop after this time");
  app.add_flag("--json", wanted.as_json, "one document a line");
  CLI11_PARSE(app, argc, argv);
  try {
    return Campaign(wanted).run() ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "campaign: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
