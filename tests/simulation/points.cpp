// SPDX-License-Identifier: MIT
#include "tests/simulation/points.hpp"

namespace switchback::simulation {

Status PointedRecords::save(const std::string& record) {
  writing_ = record;
  at_("record", Where::before);
  at_("record", Where::within);
  auto saved = inner_.save(record);
  at_("record", Where::after);
  return saved;
}

void PointedRecords::append_event(const std::string& event) {
  if (!disk_.full) inner_.append_event(event);
}

Status PointedRecords::finish(const ActivationId& id, const std::string& document) {
  at_("history", Where::before);
  auto finished = [&]() -> Status {
    const auto record = disk_.record;
    const auto events = disk_.events;
    auto moved = inner_.finish(id, document);
    if (!moved) return moved;
    // The document comes first, then the record goes, then its events.
    disk_.record = record;
    disk_.events = events;
    at_("history", Where::within);
    disk_.record.reset();
    disk_.events.clear();
    return {};
  }();
  at_("history", Where::after);
  return finished;
}

void PointedProfiles::set(const ProfileLink& link, std::optional<StorePath> closure,
                          std::optional<std::uint64_t> number, Callback<void> done) {
  at_("profile", Where::before);
  was_set_(link.path, closure);
  written(link.path);
  inner_.set(link, std::move(closure), number, synced(link.path, std::move(done)));
  at_("profile", Where::after);
}

void PointedProfiles::drop_generations(const ProfileLink& link, const StorePath& closure,
                                       std::set<std::uint64_t> spared, Callback<void> done) {
  at_("generation", Where::before);
  written(link.path);
  inner_.drop_generations(link, closure, std::move(spared), synced(link.path, std::move(done)));
  at_("generation", Where::after);
}

void PointedProfiles::written(const std::string& path) {
  platter_.wrote("profile " + path,
                 [&disk = disk_, path, before = disk_.profiles[path]] { disk.profiles[path] = before; });
}

Callback<void> PointedProfiles::synced(const std::string& path, Callback<void> done) {
  return [&platter = platter_, path, done = std::move(done)](Status status) {
    if (status) platter.synced("profile " + path);
    done(std::move(status));
  };
}

Status PointedProfiles::pin(const std::string& name, const StorePath& closure) {
  auto pinned = inner_.pin(name, closure);
  at_("pin", Where::after);
  return pinned;
}

void PointedProfiles::unpin_all(const std::string& name_prefix) {
  at_("unpin", Where::before);
  inner_.unpin_all(name_prefix);
}

Status PointedCopies::stage(const ActivationId& id, const ProfileName& profile,
                            const std::optional<StorePath>& closure,
                            const std::vector<UnitDirEntry>& entries) {
  auto staged = inner_.stage(id, profile, closure, entries);
  at_("stage", Where::after);
  return staged;
}

Status PointedCopies::place_trial(const ActivationId& id, const ProfileName& profile) {
  at_("trial", Where::before);
  auto placed = inner_.place_trial(id, profile);
  at_("trial", Where::after);
  return placed;
}

Status PointedCopies::drop_trial(const ProfileName& profile) {
  at_("drop trial", Where::before);
  auto dropped = inner_.drop_trial(profile);
  at_("drop trial", Where::after);
  return dropped;
}

Status PointedCopies::commit(const ProfileName& profile, const StorePath& closure,
                             const std::vector<UnitDirEntry>& entries) {
  at_("copies", Where::before);
  auto committed = inner_.commit(profile, closure, entries);
  at_("copies", Where::after);
  return committed;
}

Status PointedCopies::forget(const ProfileName& profile) {
  at_("copies", Where::before);
  auto forgotten = inner_.forget(profile);
  at_("copies", Where::after);
  return forgotten;
}

void PointedCopies::clean() {
  at_("clean", Where::before);
  inner_.clean();
  at_("clean", Where::after);
}

void PointedUnits::run_jobs(JobVerb verb, std::vector<UnitName> units, std::chrono::milliseconds deadline,
                            Callback<std::vector<JobResult>> done) {
  at_("jobs", Where::before);
  inner_.run_jobs(verb, std::move(units), deadline, std::move(done));
  at_("jobs", Where::after);
}

void PointedUnits::cancel_jobs() {
  inner_.cancel_jobs();
  at_("cancel jobs", Where::after);
}

void PointedUnits::cancel_all_jobs(std::set<UnitName> spare, Callback<void> done) {
  inner_.cancel_all_jobs(std::move(spare), std::move(done));
  at_("cancel all jobs", Where::after);
}

void PointedUnits::reload(Callback<void> done) {
  at_("reload", Where::before);
  inner_.reload(std::move(done));
  at_("reload", Where::after);
}

void PointedUnits::reset_failed(std::vector<UnitName> units, Callback<void> done) {
  inner_.reset_failed(std::move(units), std::move(done));
  at_("reset failed", Where::after);
}

void PointedPrograms::run(ProgramRun program, std::function<void(const LogLine&)> line,
                          std::function<void(ProgramEnd)> done) {
  at_("program", Where::before);
  inner_.run(std::move(program), std::move(line), std::move(done));
  at_("program", Where::after);
}

void PointedPrograms::abandon(const std::string& activation, Callback<void> done) {
  inner_.abandon(activation, std::move(done));
  at_("abandon", Where::after);
}

void PointedBootLoader::check(Callback<void> done) {
  at_("check boot", Where::before);
  inner_.check(std::move(done));
  at_("check boot", Where::after);
}

void PointedBootLoader::boot_once(const StorePath& system, Callback<void> done) {
  at_("boot once", Where::before);
  inner_.boot_once(system, std::move(done));
  at_("boot once", Where::after);
}

void PointedBootLoader::forget_boot_once(Callback<void> done) {
  at_("forget boot once", Where::before);
  inner_.forget_boot_once(std::move(done));
  at_("forget boot once", Where::after);
}

void PointedBootLoader::reboot(Callback<void> done) {
  at_("reboot", Where::before);
  inner_.reboot(std::move(done));
  at_("reboot", Where::after);
}

}  // namespace switchback::simulation
