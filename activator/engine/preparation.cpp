// SPDX-License-Identifier: MIT
#include "activator/engine/preparation.hpp"

#include "activator/core/objections.hpp"

#include <algorithm>
#include <utility>

namespace switchback {

void Preparer::run(Callback<Preparation> done) {
  done_ = std::move(done);
  check_closures(0);
}

void Preparer::fail_with(Error error) {
  if (auto done = std::exchange(done_, nullptr)) done(tl::make_unexpected(std::move(error)));
}

void Preparer::check_closures(std::size_t index) {
  if (index == request_.changes.size()) return read_closures();
  const auto& closure = request_.changes[index].closure;
  // Pinned first: a garbage collection between the check and the pin would make the check worthless.
  const auto pinned = ports_.profiles.pin(request_.id.text() + "-new-" + std::to_string(index), closure);
  if (!pinned) return fail_with(pinned.error());
  ports_.profiles.check_valid(closure, alive_.guard([this, index](Status valid) {
    if (!valid) return fail_with(valid.error());
    check_closures(index + 1);
  }));
}

void Preparer::read_closures() {
  const auto committed = ports_.copies.committed();
  if (!committed) return fail_with(committed.error());
  for (const auto& change : request_.changes) {
    if (auto read = read_change(change, *committed); !read) return fail_with(read.error());
  }
  if (auto read = read_other_profiles(*committed); !read) return fail_with(read.error());
  list_units();
}

Status Preparer::read_change(const ChangeRequest& change, const std::map<ProfileName, StorePath>& committed) {
  Draft draft{change, {}, {}, {}, {}, {}, {}};
  if (auto found = find_previous(draft, committed); !found) return found;
  auto entries = ports_.copies.of_closure(change.closure);
  if (!entries) return tl::make_unexpected(entries.error());
  draft.entries = std::move(*entries);
  draft.after = UnitSet::from_entries(draft.entries, &draft.skipped);
  const auto running = ports_.copies.committed_entries(change.profile);
  if (!running) return tl::make_unexpected(running.error());
  draft.before = UnitSet::from_entries(*running, nullptr);
  drafts_.push_back(std::move(draft));
  return {};
}

Status Preparer::find_previous(Draft& draft, const std::map<ProfileName, StorePath>& committed) {
  const auto& profile = draft.request.profile;
  const auto current = ports_.profiles.current(profile);
  if (!current) return tl::make_unexpected(current.error());
  const auto running = committed.find(profile);
  const std::optional<StorePath> named = *current ? std::optional((*current)->closure) : std::nullopt;
  const std::optional<StorePath> runs =
      running == committed.end() ? std::nullopt : std::optional(running->second);
  if (named != runs && !request_.force) {
    return fail(Errc::refused,
                "profile " + profile.text() + " names " + (named ? named->text() : "nothing") +
                    ", but what runs is " + (runs ? runs->text() : "nothing") +
                    ": somebody moved the profile by hand. Move it back, or deploy with --force to go "
                    "on from what runs");
  }
  draft.previous = runs;
  if (runs && named == runs) draft.previous_number = (*current)->number;
  if (!runs) return {};
  const auto index = std::to_string(drafts_.size());
  return ports_.profiles.pin(request_.id.text() + "-previous-" + index, *runs);
}

Status Preparer::read_other_profiles(const std::map<ProfileName, StorePath>& committed) {
  for (const auto& [profile, closure] : committed) {
    const bool ours = std::any_of(drafts_.begin(), drafts_.end(),
                                  [&](const Draft& draft) { return draft.request.profile == profile; });
    if (ours) continue;
    const auto entries = ports_.copies.committed_entries(profile);
    if (!entries) return tl::make_unexpected(entries.error());
    for (const auto& [unit, text] : UnitSet::from_entries(*entries, nullptr).fragments) {
      other_profiles_.emplace(unit, profile.text());
    }
  }
  return {};
}

void Preparer::list_units() {
  ports_.units.list(alive_.guard([this](Result<Snapshot> listed) {
    if (!listed) return fail_with(listed.error());
    for (const auto& [unit, state] : *listed) {
      if (state.is_up_or_coming() || state.active == "failed") result_.baseline.emplace(unit, state);
    }
    live_ = std::move(*listed);
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
      if (auto dependent = UnitName::parse(name); dependent) units.insert(std::move(*dependent));
    }
  }
  if (units.empty()) return plan();
  ports_.units.read(units, alive_.guard([this](Result<Snapshot> read) {
    if (!read) return fail_with(read.error());
    for (auto& [unit, state] : *read) live_.try_emplace(unit, state).first->second = std::move(state);
    plan();
  }));
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

PreparedChange Preparer::prepare(const Draft& draft) const {
  return prepare_change(draft.request.profile, draft.request.closure, draft.previous, draft.previous_number,
                        draft.before, draft.after, live_);
}

void Preparer::plan() {
  for (const auto& draft : drafts_) {
    if (auto fine = object(draft); !fine) return fail_with(fine.error());
    for (const auto& [unit, text] : draft.after.fragments) {
      other_profiles_.emplace(unit, draft.request.profile.text());  // for the changes after this one
    }
    result_.changes.push_back(prepare(draft));
  }
  for (const auto& unit : touched_units(result_.changes)) {
    const auto found = live_.find(unit);
    if (found != live_.end() && (found->second.is_up_or_coming() || found->second.active == "failed")) {
      result_.baseline.insert_or_assign(unit, found->second);
    }
  }
  stage(0);
}

void Preparer::stage(std::size_t index) {
  if (index == drafts_.size()) {
    if (auto pinned = ports_.host.pin_activator(); !pinned) return fail_with(pinned.error());
    if (auto done = std::exchange(done_, nullptr)) done(std::move(result_));
    return;
  }
  const auto& draft = drafts_[index];
  const auto staged =
      ports_.copies.stage(request_.id, draft.request.profile, draft.request.closure, draft.entries);
  if (!staged) return fail_with(staged.error());
  verify(index);
}

void Preparer::verify(std::size_t index) {
  const auto& draft = drafts_[index];
  std::vector<UnitName> units;
  for (const auto& [unit, text] : draft.after.fragments) {
    // What already runs from the same text was loaded by systemd before.
    const auto* before = draft.before.fragment_of(unit);
    if (before == nullptr || *before != text) units.push_back(unit);
  }
  if (units.empty()) return stage(index + 1);
  ports_.host.verify_units(ports_.copies.staged_directory(request_.id, draft.request.profile),
                           std::move(units), alive_.guard([this, index](Status verified) {
                             if (!verified) return fail_with(verified.error());
                             stage(index + 1);
                           }));
}

}  // namespace switchback
