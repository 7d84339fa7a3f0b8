// SPDX-License-Identifier: MIT
// The engine's ports with a point before, within and after every call that has an effect: there the machine
// may strike. Lethal ones throw Died through the engine, which the machine then buries.
#pragma once

#include "activator/engine/ports.hpp"
#include "tests/simulation/platter.hpp"
#include "tests/support/fakes/fake_host.hpp"

#include <functional>
#include <string>

namespace switchback::simulation {

enum class Where { before, within, after };

/// Thrown at a point: the activator, or the whole host, has died there.
struct Died {
  bool host = false;
  bool in_order = false;  // a reboot, and no power cut
};

/// Called at each point; may throw Died.
using AtPoint = std::function<void(const char* call, Where where)>;

class PointedRecords : public RecordStore {
 public:
  PointedRecords(RecordStore& inner, test::FakeDisk& disk, AtPoint at)
      : inner_(inner), disk_(disk), at_(std::move(at)) {}
  Status save(const std::string& record) override;
  Result<std::optional<std::string>> load() override { return inner_.load(); }
  void append_event(const std::string& event) override;
  std::vector<std::string> events() override { return inner_.events(); }
  Status finish(const ActivationId& id, const std::string& document) override;
  void visit_history(const std::function<bool(const std::string& document)>& wants_more) override {
    inner_.visit_history(wants_more);
  }
  /// What is being written; of use within save() alone.
  [[nodiscard]] const std::string& writing() const { return writing_; }

 private:
  RecordStore& inner_;
  test::FakeDisk& disk_;
  AtPoint at_;
  std::string writing_;
};

class PointedProfiles : public Profiles {
 public:
  using WasSet = std::function<void(const std::string& path, const std::optional<StorePath>& closure)>;
  PointedProfiles(Profiles& inner, test::FakeDisk& disk, Platter& platter, AtPoint at, WasSet was_set)
      : inner_(inner), disk_(disk), platter_(platter), at_(std::move(at)), was_set_(std::move(was_set)) {}
  Result<ProfileLink> locate(const ProfileName& profile, const std::string& user) override {
    return inner_.locate(profile, user);
  }
  Result<std::optional<CurrentGeneration>> current(const ProfileLink& profile) override {
    return inner_.current(profile);
  }
  Result<std::map<std::uint64_t, StorePath>> generations(const ProfileLink& profile) override {
    return inner_.generations(profile);
  }
  void set(const ProfileLink& profile, std::optional<StorePath> closure, std::optional<std::uint64_t> number,
           Callback<void> done) override;
  void drop_generations(const ProfileLink& profile, const StorePath& closure, std::set<std::uint64_t> spared,
                        Callback<void> done) override;
  void check_valid(const StorePath& closure, Callback<void> done) override {
    inner_.check_valid(closure, std::move(done));
  }
  Status pin(const std::string& name, const StorePath& closure) override;
  void unpin_all(const std::string& name_prefix) override;

 private:
  Profiles& inner_;
  test::FakeDisk& disk_;
  Platter& platter_;
  AtPoint at_;
  /// Of a profile that is about to be written: a power cut undoes it until it has been synced.
  void written(const std::string& path);
  [[nodiscard]] Callback<void> synced(const std::string& path, Callback<void> done);
  WasSet was_set_;
};

class PointedCopies : public UnitCopies {
 public:
  PointedCopies(UnitCopies& inner, AtPoint at) : inner_(inner), at_(std::move(at)) {}
  Result<std::vector<UnitDirEntry>> of_closure(const StorePath& closure) override {
    return inner_.of_closure(closure);
  }
  Result<std::map<ProfileName, StorePath>> committed() override { return inner_.committed(); }
  Result<std::vector<UnitDirEntry>> committed_entries(const ProfileName& profile) override {
    return inner_.committed_entries(profile);
  }
  Status stage(const ActivationId& id, const ProfileName& profile, const std::optional<StorePath>& closure,
               const std::vector<UnitDirEntry>& entries) override;
  std::string staged_directory(const ActivationId& id, const ProfileName& profile) override {
    return inner_.staged_directory(id, profile);
  }
  Status place_trial(const ActivationId& id, const ProfileName& profile) override;
  bool has_trial(const ProfileName& profile) override { return inner_.has_trial(profile); }
  Status drop_trial(const ProfileName& profile) override;
  Status commit(const ProfileName& profile, const StorePath& closure,
                const std::vector<UnitDirEntry>& entries) override;
  Status forget(const ProfileName& profile) override;
  void clean() override;
  Status check_generator() override { return inner_.check_generator(); }
  std::string generator_directory() const override { return inner_.generator_directory(); }

 private:
  UnitCopies& inner_;
  AtPoint at_;
};

class PointedUnits : public UnitManager {
 public:
  PointedUnits(UnitManager& inner, AtPoint at) : inner_(inner), at_(std::move(at)) {}
  void list(Callback<Snapshot> done) override { inner_.list(std::move(done)); }
  void read(std::set<UnitName> units, Callback<Snapshot> done) override {
    inner_.read(std::move(units), std::move(done));
  }
  void run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                Callback<std::vector<JobResult>> done) override;
  void cancel_jobs() override;
  void cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) override;
  void reload(Callback<void> done) override;
  void reset_failed(std::vector<UnitName> units, Callback<void> done) override;
  void watch(std::function<void(const UnitName* unit)> changed) override { inner_.watch(std::move(changed)); }
  void secure(std::function<void(Reach)> done) override { inner_.secure(std::move(done)); }
  void relax() override { inner_.relax(); }

 private:
  UnitManager& inner_;
  AtPoint at_;
};

class PointedPrograms : public Programs {
 public:
  PointedPrograms(Programs& inner, AtPoint at) : inner_(inner), at_(std::move(at)) {}
  void run(ProgramRun program, std::function<void(const LogLine&)> line,
           std::function<void(ProgramEnd)> done) override;
  void cancel() override { inner_.cancel(); }
  void abandon(const std::string& activation, Callback<void> done) override;

 private:
  Programs& inner_;
  AtPoint at_;
};

class PointedBootLoader : public BootLoader {
 public:
  PointedBootLoader(BootLoader& inner, AtPoint at) : inner_(inner), at_(std::move(at)) {}
  void check(Callback<void> done) override;
  void boot_once(const StorePath& system, Callback<void> done) override;
  void forget_boot_once(Callback<void> done) override;
  void reboot(Callback<void> done) override;

 private:
  BootLoader& inner_;
  AtPoint at_;
};

}  // namespace switchback::simulation
