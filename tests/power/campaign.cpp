// SPDX-License-Identifier: MIT
// The campaign of power cuts: as many as asked for, at random moments from a seed, and what became of them.
// Any one of them can be repeated by the phase, the delay and the seed that its line tells.
#include "tests/power/scenario.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace switchback::test;
using nlohmann::json;

namespace {

struct Wanted {
  int cuts = 30;
  std::uint64_t seed = 1;
  bool as_json = false;
  Deployed deployed = Deployed::units;
  std::optional<Cut> one;  // the same cut every time
};

constexpr const char* kUsage =
    "usage: tests/power/campaign [--script] [--cuts N] [--seed S] [--json]\n"
    "       tests/power/campaign [--script] [--cuts N] [--json] --phase PHASE --delay MILLISECONDS --seed S "
    "[--eager]\n";

std::optional<Wanted> parse(const std::vector<std::string>& words) {
  Wanted wanted;
  Cut one;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto& word = words[index];
    if (word == "--json") {
      wanted.as_json = true;
      continue;
    }
    if (word == "--script") {
      wanted.deployed = Deployed::script;
      continue;
    }
    if (word == "--eager") {
      one.writeback = Writeback::eager;
      continue;
    }
    if (++index == words.size()) return std::nullopt;
    const auto& value = words[index];
    if (word == "--phase") {
      one.phase = value;
      continue;
    }
    const auto number = std::strtoull(value.c_str(), nullptr, 10);
    if (word == "--cuts") {
      wanted.cuts = static_cast<int>(number);
    } else if (word == "--seed") {
      wanted.seed = number;
    } else if (word == "--delay") {
      one.delay = Duration(number);
    } else {
      return std::nullopt;
    }
  }
  if (one.phase.empty()) return wanted;
  const auto& phases = phases_to_cut();
  if (std::find(phases.begin(), phases.end(), one.phase) == phases.end()) return std::nullopt;
  one.seed = wanted.seed;
  wanted.one = one;
  return wanted;
}

Writeback writeback_of(const Wanted& wanted, int index) {
  if (wanted.one) return wanted.one->writeback;
  return index / 2 % 2 == 0 ? Writeback::lazy : Writeback::eager;
}

/// Every second one hits the commit, where the most is at stake; the others are spread over the phases. They
/// are written back lazily and eagerly in pairs.
Cut choose(const Wanted& wanted, int index, const std::vector<Duration>& lengths) {
  if (wanted.one) return *wanted.one;
  const auto seed = wanted.seed * 1000 + static_cast<std::uint64_t>(index);
  std::mt19937_64 random(seed);
  const auto& phases = phases_to_cut();
  const auto commit =
      static_cast<std::size_t>(std::find(phases.begin(), phases.end(), "committing") - phases.begin());
  const auto phase = index % 2 == 0 ? commit : static_cast<std::size_t>(index / 2) % phases.size();
  // A phase may last longer than it did when it was measured: its end must not go uncut.
  const auto longest = std::max<std::int64_t>(1, 2 * lengths[phase].count());
  const Duration delay(std::uniform_int_distribution<std::int64_t>(0, longest)(random));
  return {phases[phase], delay, seed, writeback_of(wanted, index)};
}

struct Row {
  int injected = 0;
  std::map<Ending, int> endings;
};

class Tally {
 public:
  explicit Tally(bool as_json) : as_json_(as_json) {}

  void add(int index, const Cut& cut, const CutReport& report) {
    auto& row = rows_[report.phase];
    ++row.injected;
    ++row.endings[report.ending];
    if (as_json_) {
      std::cout << json{{"cut", index},
                        {"phase", cut.phase},
                        {"delay", cut.delay.count()},
                        {"seed", cut.seed},
                        {"eager", cut.writeback == Writeback::eager},
                        {"at", report.phase},
                        {"ending", text(report.ending)},
                        {"told", report.told_committed},
                        {"kept", report.loss.kept},
                        {"lost", report.loss.lost},
                        {"boot", report.boot.count()},
                        {"took", report.took.count()},
                        {"broken", report.broken}}
                       .dump(-1, ' ', false, json::error_handler_t::replace)
                << std::endl;
      return;
    }
    std::cout << "cut " << index << ": --phase '" << cut.phase << "' --delay " << cut.delay.count()
              << " --seed " << cut.seed << ": cut while " << report.phase << " (" << report.loss.lost
              << " of " << report.loss.lost + report.loss.kept
              << " unflushed pieces lost): " << text(report.ending) << "; boot "
              << static_cast<double>(report.boot.count()) / 1000 << " s, all "
              << static_cast<double>(report.took.count()) / 1000 << " s" << std::endl;
    for (const auto& line : report.broken) std::cout << "  broken: " << line << std::endl;
  }

  /// Whether nothing is broken.
  bool show() {
    Row all;
    for (const auto& [phase, row] : rows_) {
      all.injected += row.injected;
      for (const auto& [ending, count] : row.endings) all.endings[ending] += count;
    }
    if (as_json_) {
      json summary{{"injected", all.injected}};
      for (const auto ending : kEndings) summary[text(ending)] = all.endings[ending];
      std::cout << json{{"summary", summary}} << std::endl;
    } else {
      std::cout << "\npower cut while           injected  committed   reverted  needs a person  broken\n";
      for (const auto& phase : phases_to_cut()) {
        if (rows_.contains(phase)) line(phase, rows_[phase]);
      }
      line("all", all);
    }
    return all.injected > 0 && all.endings[Ending::broken] == 0;
  }

 private:
  static constexpr Ending kEndings[] = {Ending::committed, Ending::reverted, Ending::needs_person,
                                        Ending::broken};

  static void line(const std::string& name, Row& row) {
    std::cout << std::left << std::setw(24) << name << std::right << std::setw(10) << row.injected
              << std::setw(11) << row.endings[Ending::committed] << std::setw(11)
              << row.endings[Ending::reverted] << std::setw(16) << row.endings[Ending::needs_person]
              << std::setw(8) << row.endings[Ending::broken] << std::endl;
  }

  bool as_json_;
  std::map<std::string, Row> rows_;
};

void introduce(CutDeployments& deployments, const std::vector<Duration>& lengths) {
  std::cout << "booted in " << static_cast<double>(deployments.first_boot().count()) / 1000
            << " s; a deployment that is not cut takes";
  for (std::size_t index = 0; index + 1 < lengths.size(); ++index) {
    std::cout << (index == 0 ? " " : ", ") << static_cast<double>(lengths[index].count()) / 1000 << " s "
              << phases_to_cut()[index];
  }
  std::cout << std::endl;
}

bool campaign(const Wanted& wanted) {
  int misses = 0;
  std::unique_ptr<CutDeployments> deployments;
  std::vector<Duration> lengths;
  Tally tally(wanted.as_json);
  for (int index = 0; index < wanted.cuts; ++index) {
    if (!deployments) {
      deployments = std::make_unique<CutDeployments>(writeback_of(wanted, index), wanted.deployed);
      lengths = deployments->measure();
      if (!wanted.as_json) introduce(*deployments, lengths);
    }
    const auto cut = choose(wanted, index, lengths);
    try {
      tally.add(index, cut, deployments->run(cut, writeback_of(wanted, index + 1)));
    } catch (const NotCut& error) {
      if (++misses > 5) throw;
      std::cerr << "campaign: once more: " << error.what() << '\n';
      deployments.reset();
      --index;
    } catch (const std::exception& error) {  // it does not boot, or cannot be asked
      CutReport report;
      report.phase = cut.phase;
      report.broken = {error.what()};
      tally.add(index, cut, report);
      deployments.reset();
    }
  }
  return tally.show();
}

}  // namespace

int main(int argc, char** argv) {
  const auto wanted = parse({argv + 1, argv + argc});
  if (!wanted) {
    std::cerr << kUsage;
    return 2;
  }
  try {
    return campaign(*wanted) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "campaign: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
