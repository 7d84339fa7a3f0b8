// SPDX-License-Identifier: MIT
#include "activator/engine/preparation.hpp"

#include "activator/core/objections.hpp"

#include <algorithm>
#include <utility>

namespace switchback {

void Preparer::run(Callback<Preparation> done) {
  done_ = std::move(done);
  for (std::size_t index = 0; index < request_.changes.size(); ++index) {
    const auto& closure = request_.changes[index].closure;
    if (!closure) continue;
    // Pinned first: a garbage collection between the check and the pin would make the check worthless.
    const auto pinned = ports_.profiles.pin(request_.id.text() + "-new-" + std::to_string(index), *closure);
    if (!pinned) return fail_with(pinned.error());
  }
  if (auto kept = keep_check_programs(); !kept) return fail_with(kept.error());
  check_closures();
  try_checks();
  read_closures();
}

/// Nix takes as long as all the rest: it is asked beside.
void Preparer::check_closures() {
  for (const auto& change : request_.changes) checks_ += change.closure ? 1 : 0;
  for (const auto& change : request_.changes) {
    if (!change.closure) continue;
    ports_.profiles.check_valid(*change.closure, alive_.guard([this](Status valid) {
      --checks_;
      if (!valid && !invalid_) invalid_ = valid.error();
      settle();
    }));
  }
}

void Preparer::end(Status status) {
  ended_ = std::move(status);
  settle();
}

/// What explains the most is told first: that a closure is not there, then what speaks against the change,
/// then which check cannot be asked, then what systemd thinks of its units.
void Preparer::settle() {
  if (!ended_ || (checks_ > 0 && !invalid_)) return;
  std::optional<Error> error = invalid_;
  if (!error && !*ended_) error = ended_->error();
  if (!error) error = unaskable_;
  if (!error && verifying_ > 0 && !unverified_) return;
  if (!error) error = unverified_;
  if (!error && !asking_.empty()) return;
  alive_.renew();
  asking_.clear();
  warn_of_prefailing();
  auto done = std::exchange(done_, nullptr);
  if (!done) return;
  if (error) return done(tl::make_unexpected(std::move(*error)));
  done(std::move(result_));
}

void Preparer::read_closures() {
  auto committed = ports_.copies.committed();
  if (!committed) return fail_with(committed.error());
  committed_ = std::move(*committed);
  for (const auto& change : request_.changes) {
    if (auto read = read_change(change); !read) return fail_with(read.error());
  }
  if (auto read = read_other_profiles(); !read) return fail_with(read.error());
  for (const auto& draft : drafts_) {
    if (auto staged = stage(draft); !staged) return fail_with(staged.error());
  }
  list_units();
}

Status Preparer::read_other_profiles() {
  for (const auto& [profile, closure] : committed_) {
    const bool ours = std::any_of(drafts_.begin(), drafts_.end(), [&profile = profile](const Draft& draft) {
      return draft.request.profile == profile;
    });
    if (ours) continue;
    const auto entries = ports_.copies.committed_entries(profile);
    if (!entries) return tl::make_unexpected(entries.error());
    for (const auto& [unit, text] : UnitSet::from_entries(*entries, nullptr).fragments) {
      other_profiles_.emplace(unit, profile.text());
    }
  }
  return {};
}

bool Preparer::runs_programs() const {
  return std::any_of(drafts_.begin(), drafts_.end(),
                     [](const Draft& draft) { return draft.change.kind != Kind::units; });
}

void Preparer::list_units() {
  std::vector<PreparedChange> changes;
  for (const auto& draft : drafts_) changes.push_back(draft.change);
  ports_.units.include(users_of(changes));
  ports_.units.list(alive_.guard([this](Result<Snapshot> listed) {
    if (!listed) return fail_with(listed.error());
    for (const auto& [unit, state] : *listed) {
      if (state.is_up_or_coming() || state.active == "failed") result_.baseline.emplace(unit, state);
    }
    live_ = std::move(*listed);
    runs_programs() ? read_baseline() : read_units();
  }));
}

/// What a program will have done is found by comparison with every unit that runs now, in full.
void Preparer::read_baseline() {
  std::set<UnitName> units;
  for (const auto& [unit, state] : result_.baseline) units.insert(unit);
  ports_.units.read(std::move(units), alive_.guard([this](Result<Snapshot> read) {
    if (!read) return fail_with(read.error());
    for (auto& [unit, state] : *read) {
      result_.baseline.insert_or_assign(unit, state);
      live_.insert_or_assign(unit, std::move(state));
    }
    read_units();
  }));
}

void Preparer::read_units() {
  std::set<UnitName> loaded;
  for (const auto& [unit, state] : live_) loaded.insert(unit);
  std::set<UnitName> units;
  for (const auto& draft : drafts_) units.merge(units_to_read(draft.before, draft.after, loaded));
  if (units.empty()) return plan();
  ports_.units.read(units, alive_.guard([this](Result<Snapshot> read) {
    if (!read) return fail_with(read.error());
    for (auto& [unit, state] : *read) live_.insert_or_assign(unit, std::move(state));
    read_dependents();
  }));
}

void Preparer::read_dependents() {
  std::set<UnitName> units;
  for (const auto& [unit, state] : live_) {
    for (const auto& name : state.dependents) {
      if (auto dependent = UnitName::parse_any(name); dependent) units.insert(std::move(*dependent));
    }
  }
  if (units.empty()) return plan();
  ports_.units.read(units, alive_.guard([this](Result<Snapshot> read) {
    if (!read) return fail_with(read.error());
    for (auto& [unit, state] : *read) live_.try_emplace(unit, state).first->second = std::move(state);
    plan();
  }));
}

/// Those that are touched, and those that are left on purpose.
std::set<UnitName> Preparer::units_of_plans() const {
  auto units = touched_units(result_.changes);
  for (const auto& change : result_.changes) {
    for (const auto& planned : change.units.explained) units.insert(planned.unit);
    units.insert(change.present.begin(), change.present.end());
  }
  return units;
}

Status Preparer::object(const Draft& draft) {
  const auto objections = find_objections(draft.before, draft.after, draft.skipped, live_, other_profiles_,
                                          ports_.copies.generator_directory());
  for (const auto& objection : objections) {
    if (objection.fatal) return fail(Errc::refused, objection.problem);
    result_.warnings.push_back(objection.problem);
  }
  return {};
}

void Preparer::plan() {
  for (auto& draft : drafts_) {
    if (draft.change.kind == Kind::units) {
      if (auto fine = object(draft); !fine) return fail_with(fine.error());
      for (const auto& [unit, text] : draft.after.fragments) {
        other_profiles_.emplace(unit, draft.request.profile.text());  // for the changes after this one
      }
      draft.change = plan_units(std::move(draft.change), draft.before, draft.after, live_);
    }
    result_.changes.push_back(draft.change);
  }
  for (const auto& unit : units_of_plans()) {
    const auto found = live_.find(unit);
    if (found != live_.end() && (found->second.is_up_or_coming() || found->second.active == "failed")) {
      result_.baseline.insert_or_assign(unit, found->second);
    }
  }
  warn_of_unmatched();
  if (auto synced = sync(); !synced) return fail_with(synced.error());
  check_boot_loader();
}

/// Nix syncs no store path that it copies. Before the trial and not with the commit alone: a boot starts the
/// new closure from the moment at which its units are the committed ones, and one that was reverted must not
/// stay in the store as a valid one without its content.
Status Preparer::sync() {
  const bool changes = std::any_of(result_.changes.begin(), result_.changes.end(),
                                   [](const PreparedChange& change) { return change.changes_host(); });
  return changes && request_.mode != Mode::dry_run ? ports_.host.sync_disks() : Status();
}

Status Preparer::stage(const Draft& draft) {
  if (draft.change.kind != Kind::units) return {};
  const auto staged =
      ports_.copies.stage(request_.id, draft.request.profile, draft.change.closure, draft.entries);
  if (staged) verify(draft);
  return staged;
}

void Preparer::verify(const Draft& draft) {
  std::vector<UnitName> units;
  for (const auto& [unit, text] : draft.after.fragments) {
    // What already runs from the same text was loaded by systemd before.
    const auto* before = draft.before.fragment_of(unit);
    if (before == nullptr || *before != text) units.push_back(unit);
  }
  if (units.empty()) return;
  ++verifying_;
  ports_.host.verify_units(ports_.copies.staged_directory(request_.id, draft.request.profile),
                           std::move(units), alive_.guard([this](Status verified) {
                             --verifying_;
                             if (!verified && !unverified_) unverified_ = verified.error();
                             settle();
                           }));
}

}  // namespace switchback
