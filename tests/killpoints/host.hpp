// SPDX-License-Identifier: MIT
// The host of a kill-point test: its files on a real file system, and what outlives the activator on it:
// systemd (the model of fakes/fake_systemd.hpp, on the units that the real generator makes), the programs
// that systemd runs, the pusher, and whoever starts the activator again. The activator lives in a child of
// this process.
#pragma once

#include "activator/adapters/nix_profiles.hpp"
#include "activator/generator/profile_copies.hpp"
#include "tests/killpoints/points.hpp"
#include "tests/killpoints/scenario.hpp"
#include "tests/support/fakes/fake_systemd.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace switchback::test {

/// How it went, and what is left, for support/guarantee to judge.
struct Course {
  int lives = 0;
  bool stuck = false;      // nothing would ever have happened any more
  bool undecided = false;  // the record was never finished
  bool rebooted = false;
  std::vector<std::string> ran;  // each time the activator had ended by itself, with the record left
  std::int64_t took_ms = 0;
  std::string not_begun;  // why the activation was not even accepted
  bool confirm_sent = false;
  bool answered_committed = false;
};

class KeptHost {
 public:
  /// A host on which the scenario's closure «before» was committed. Its files are in `root`, which is
  /// emptied, and in /nix/var. `plan` is shared with the activator.
  KeptHost(const Scenario& scenario, std::string root, std::string programs, Plan* plan);

  /// Deploys; starts the activator again whenever it dies, until nothing is left to do. With `slow_programs`
  /// what the activator has started still runs when it comes back.
  Course deploy(bool slow_programs);

  /// The name of the closure that runs, of the profile's, and of what a boot would bring up; «nothing» for
  /// none; what is no closure is described.
  [[nodiscard]] std::string runs();
  [[nodiscard]] std::string profile();
  [[nodiscard]] std::string boots();
  [[nodiscard]] std::map<std::uint64_t, std::string> generations();
  /// Files that nobody needs any more: temporary ones, trials, pins, records.
  [[nodiscard]] std::vector<std::string> leftovers() const;
  /// The newest document of the history; empty when there is none.
  [[nodiscard]] std::string history() const;

 private:
  struct Answer;
  void install();
  void boot();
  void start_units();
  void generate_units();
  [[nodiscard]] int keep(bool first, Course& course);
  void serve(int socket, Course& course);
  nlohmann::json answer(const nlohmann::json& message, Course& course);
  void begin(const nlohmann::json& message);
  void run_program(const std::vector<std::string>& argv);
  void end_program(const std::vector<std::string>& argv, int exit);
  void kill_processes() const;
  [[nodiscard]] std::string closure_of_units(const std::map<std::string, std::string>& definitions) const;
  [[nodiscard]] CopyPlaces copies() const;
  [[nodiscard]] std::string link_name(const std::string& path) const;

  const Scenario& scenario_;
  std::string root_;
  std::string programs_;
  Plan* plan_;
  EventLoop loop_;
  NixProfiles profiles_;
  ProfileLink profile_;
  UniqueFd lock_;
  FakeLoop time_;
  FakeDisk disk_;
  FakeRun run_;
  std::unique_ptr<FakeSystemd> systemd_;
  std::optional<nlohmann::json> pending_;  // the answer to what the activator waits for
  std::int64_t program_takes_ms_ = 50;
  std::shared_ptr<bool> program_;  // the unit of one; false: it was killed
  int boots_ = 0;
};

}  // namespace switchback::test
