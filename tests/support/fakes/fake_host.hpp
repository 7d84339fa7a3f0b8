// SPDX-License-Identifier: MIT
// A host that lives in memory: disk (records, profiles, copies), /run, and a boot. What is on the disk
// survives crash(), what is in /run survives the activator alone.
#pragma once

#include "activator/core/unit_set.hpp"
#include "activator/ports/closures.hpp"
#include "activator/ports/host.hpp"
#include "activator/ports/profiles.hpp"
#include "activator/ports/programs.hpp"
#include "activator/ports/record_store.hpp"
#include "activator/ports/unit_copies.hpp"
#include "tests/support/fakes/fake_loop.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback::test {

/// A store path that is valid in a FakeDisk and names itself: `store_path("web-2")`.
[[nodiscard]] StorePath store_path(const std::string& name);

struct Copies {
  StorePath closure;
  std::vector<UnitDirEntry> entries;
};

struct FakeDisk {
  // The store: what each closure's unit directory holds.
  std::map<StorePath, std::vector<UnitDirEntry>> store;
  // What else a closure has in it; one that is absent here has units.
  std::map<StorePath, ClosureContent> contents;
  // Profiles: the generations ever made, and the one that is current.
  struct Profile {
    std::vector<StorePath> generations;
    std::optional<std::size_t> current;  // index into generations; its number is one more
  };
  std::map<std::string, Profile> profiles;  // by the path of the link
  std::map<ProfileName, Copies> committed;
  std::optional<std::string> record;
  std::vector<std::string> events;
  std::vector<std::pair<ActivationId, std::string>> history;  // oldest first
  bool full = false;                                          // every write fails
  std::string unsynced = {};  // a record that says so takes its place, and cannot be synced
  int saves = 0;
};

struct FakeRun {
  std::map<ProfileName, Copies> staged, trial;
  std::string token = "run-1";
  bool activator_pinned = false;
  std::optional<StorePath> current_system{};
};

class FakeProfiles : public Profiles {
 public:
  FakeProfiles(FakeDisk& disk, FakeLoop& loop) : disk_(disk), loop_(loop) {}
  Result<ProfileLink> locate(const ProfileName& profile, const std::string& user) override;
  Result<std::optional<CurrentGeneration>> current(const ProfileLink& profile) override;
  Result<std::map<std::uint64_t, StorePath>> generations(const ProfileLink& profile) override;
  void set(const ProfileLink& profile, std::optional<StorePath> closure, std::optional<std::uint64_t> number,
           Callback<void> done) override;
  void drop_generations(const ProfileLink& profile, const StorePath& closure, std::set<std::uint64_t> spared,
                        Callback<void> done) override;
  void check_valid(const StorePath& closure, Callback<void> done) override;
  Status pin(const std::string& name, const StorePath& closure) override;
  void unpin_all(const std::string& prefix) override;
  std::map<std::string, StorePath> pins;
  Status drops;  // what it answers who wants a generation dropped; none is when it is an error

 private:
  FakeDisk& disk_;
  FakeLoop& loop_;
};

class FakeCopies : public UnitCopies {
 public:
  FakeCopies(FakeDisk& disk, FakeRun& run) : disk_(disk), run_(run) {}
  Result<std::vector<UnitDirEntry>> of_closure(const StorePath& closure) override;
  Result<std::map<ProfileName, StorePath>> committed() override;
  Result<std::vector<UnitDirEntry>> committed_entries(const ProfileName& profile) override;
  Status stage(const ActivationId& id, const ProfileName& profile, const std::optional<StorePath>& closure,
               const std::vector<UnitDirEntry>& entries) override;
  std::string staged_directory(const ActivationId&, const ProfileName&) override { return "/run/staged"; }
  Status place_trial(const ActivationId& id, const ProfileName& profile) override;
  bool has_trial(const ProfileName& profile) override { return run_.trial.contains(profile); }
  Status drop_trial(const ProfileName& profile) override;
  Status commit(const ProfileName& profile, const StorePath& closure,
                const std::vector<UnitDirEntry>& entries) override;
  Status forget(const ProfileName& profile) override;
  void clean() override;
  Status check_generator() override { return generator; }
  std::string generator_directory() const override { return "/run/systemd/generator"; }
  Status generator;  // whether it is there

 private:
  FakeDisk& disk_;
  FakeRun& run_;
};

class FakeRecords : public RecordStore {
 public:
  explicit FakeRecords(FakeDisk& disk) : disk_(disk) {}
  Status save(const std::string& record) override;
  Result<std::optional<std::string>> load() override { return disk_.record; }
  void append_event(const std::string& event) override { disk_.events.push_back(event); }
  std::vector<std::string> events() override { return disk_.events; }
  Status finish(const ActivationId& id, const std::string& document) override;
  void visit_history(const std::function<bool(const std::string& document)>& wants_more) override;

 private:
  FakeDisk& disk_;
};

class FakeJournal : public Journal {
 public:
  explicit FakeJournal(FakeLoop& loop) : loop_(loop) {}
  void tail(const UnitName& unit, const std::string&, std::size_t,
            std::function<void(std::vector<LogLine>)> done) override {
    loop_.post([done = std::move(done), text = unit.text() + " says why"] { done({LogLine{0, 3, text}}); });
  }

 private:
  FakeLoop& loop_;
};

class FakeHost : public Host {
 public:
  FakeHost(FakeRun& run, FakeLoop& loop) : run_(run), loop_(loop) {}
  std::string name() override { return "fake"; }
  Result<BootIdentity> boot() override {
    if (!boot_answers) return fail(Errc::unavailable, "systemd does not answer");
    return BootIdentity{boot_id, run_.token, soft_reboots};
  }
  bool has_store() override { return store_is_there; }
  Status sync_disks() override {
    ++syncs;
    return disks;
  }
  Result<std::optional<StorePath>> current_system() override { return run_.current_system; }
  Result<std::optional<StorePath>> default_boot_system() override { return boots; }
  Result<std::optional<std::string>> switch_lock_holder() override { return lock_holder; }
  Status drop_switch_resume_lists() override {
    ++resume_lists_dropped;
    return {};
  }
  Status pin_activator() override {
    run_.activator_pinned = true;
    return {};
  }
  void unpin_activator() override { run_.activator_pinned = false; }
  void verify_units(const std::string&, std::vector<UnitName>, Callback<void> done) override {
    loop_.post([this, done = std::move(done)] { done(verification); });
  }
  std::string boot_id = "boot-1";
  std::uint64_t soft_reboots = 0;
  bool boot_answers = true;
  bool store_is_there = true;
  Status verification;
  Status disks;  // what a sync of them answers
  int syncs = 0;
  std::optional<std::string> lock_holder;
  std::optional<StorePath> boots;  // by the default entry; absent: it cannot be told
  int resume_lists_dropped = 0;

 private:
  FakeRun& run_;
  FakeLoop& loop_;
};

class FakeClosures : public Closures {
 public:
  explicit FakeClosures(FakeDisk& disk) : disk_(disk) {}
  Result<ClosureContent> inspect(const StorePath& closure) override {
    const auto found = disk_.contents.find(closure);
    return found == disk_.contents.end() ? ClosureContent{.has_units = true} : found->second;
  }
  Status check_architecture(const StorePath&, const std::vector<std::string>&) override {
    return architecture;
  }
  Status architecture;

 private:
  FakeDisk& disk_;
};

/// Programs take a moment; what each does to the host, and how it ends, is said by the test.
class FakePrograms : public Programs {
 public:
  using Effect = std::function<ProgramEnd(const ProgramRun&)>;
  explicit FakePrograms(FakeLoop& loop) : loop_(loop) {}

  void run(ProgramRun program, std::function<void(const LogLine&)> line,
           std::function<void(ProgramEnd)> done) override;
  void cancel() override;
  void abandon(const std::string&, Callback<void> done) override {
    left_behind_ = false;
    loop_.post([done = std::move(done)] { done({}); });
  }
  /// What runs has nobody any more who hears of its end; its unit stays until it is abandoned.
  void lose_activator() { left_behind_ = left_behind_ || under_way_ > 0; }

  std::map<std::string, Effect> effects;  // by the program's path
  std::set<std::string> hangs;            // these never end by themselves
  std::vector<std::string> runs;          // «/nix/store/…/bin/switch-to-configuration test»

 private:
  FakeLoop& loop_;
  std::function<void(ProgramEnd)> hanging_;
  int under_way_ = 0;
  bool left_behind_ = false;
};

}  // namespace switchback::test
