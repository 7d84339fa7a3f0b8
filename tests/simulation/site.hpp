// SPDX-License-Identifier: MIT
// What lies on a simulated host: closures of each kind, profiles with a past, what their programs do, and
// what runs, is named and would be booted of each profile. Knows nothing of engines and faults.
#pragma once

#include "activator/core/record.hpp"
#include "tests/simulation/model_programs.hpp"
#include "tests/simulation/model_systemd.hpp"
#include "tests/simulation/platter.hpp"
#include "tests/simulation/schedule.hpp"
#include "tests/support/fakes/fake_host.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback::simulation {

/// What is on the disk besides what a FakeDisk holds.
struct SiteDisk {
  std::optional<StorePath> boot_system;  // of a NixOS host: what its boot loader starts by default
  std::set<std::string> entries;         // and can start
  std::optional<StorePath> once;         // what its next boot alone is of
  std::string script_state;  // what the script of profile «tool» has left; «torn» while it runs
};

class Site {
 public:
  Site(const Scenario& scenario, test::FakeDisk& disk, test::FakeRun& run, Platter& platter);

  [[nodiscard]] static ProfileName profile_of(Kind kind);
  [[nodiscard]] static std::string link_of(Kind kind);
  /// The closure's name: «app-1»; number 1 is what runs before, 2 the newcomer, 0 an older one, 9 and
  /// more somebody else's.
  [[nodiscard]] static std::string name_of(Kind kind, int number);
  [[nodiscard]] std::vector<ChangeRequest> changes() const;
  [[nodiscard]] std::string before(Kind kind) const;
  [[nodiscard]] std::string wanted(Kind kind) const;

  /// What the boot that begins now starts.
  [[nodiscard]] std::optional<StorePath> take_boot();
  [[nodiscard]] bool runs_wanted() const;
  /// Fills a manager that was just made with what the host starts besides closures' units.
  void furnish(ModelSystemd& systemd) const;
  /// What a program does to the host.
  [[nodiscard]] Work work_of(const ProgramRun& program, ModelSystemd& systemd, Random& random);
  /// Somebody else deploys a closure of their own: as far as this.
  enum class Moves { profile, boot, all };
  /// Its name.
  std::string move(Kind kind, ModelSystemd& systemd, Moves moves);
  /// Removes what no root holds. `old_generations`: these go first.
  void collect_garbage(const std::map<std::string, StorePath>& pins, bool old_generations);

  [[nodiscard]] std::string runs(Kind kind, const ModelSystemd& systemd) const;
  [[nodiscard]] std::string named(Kind kind) const;
  [[nodiscard]] std::string boots(Kind kind) const;
  /// Units that should run when `closure` does.
  [[nodiscard]] std::vector<UnitName> units_of(Kind kind, const std::string& closure) const;
  [[nodiscard]] std::map<std::uint64_t, std::string> generations(Kind kind) const;

  SiteDisk on_disk;

 private:
  void add_closure(Kind kind, int number);
  void add_past(Kind kind);
  [[nodiscard]] Work switch_work(const StorePath& closure, const std::string& verb, ModelSystemd& systemd,
                                 Random& random);
  void write_entries(const StorePath& system);
  [[nodiscard]] Work script_work(ModelSystemd& systemd, Random& random);

  const Scenario& scenario_;
  test::FakeDisk& disk_;
  test::FakeRun& run_;
  Platter& platter_;
  int theirs_ = 9;                                            // the next one
  std::map<std::string, std::vector<UnitDirEntry>> entries_;  // of every closure that ever was, by its name
};

}  // namespace switchback::simulation
