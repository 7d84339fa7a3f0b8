// SPDX-License-Identifier: MIT
// What is found out of one change, kind by kind; a part of preparation.hpp.
#include "activator/engine/preparation.hpp"
#include "activator/engine/rejected.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

std::string text_of(const std::optional<StorePath>& closure) { return closure ? closure->text() : "nothing"; }

/// The programs that services of `set` begin with. Source: systemd.service(5), ExecStart= and its prefixes.
std::vector<std::string> programs_of(const UnitSet& set) {
  std::vector<std::string> programs;
  for (const auto& [unit, text] : set.fragments) {
    const auto file = UnitFile::parse(text);
    if (!file) continue;
    for (const auto& value : file->values("Service", "ExecStart")) {
      const auto begin = value.find_first_not_of("@-:+!|");
      if (begin == std::string::npos) continue;
      programs.push_back(value.substr(begin, value.find_first_of(" \t", begin) - begin));
    }
  }
  return programs;
}

}  // namespace

Status Preparer::read_change(const ChangeRequest& request) {
  Draft draft{request, PreparedChange{.profile = request.profile}};
  auto link = ports_.profiles.locate(request.profile, request.user);
  if (!link) return tl::make_unexpected(link.error());
  draft.change.link = std::move(*link);
  if (!request.profile_path.empty()) draft.change.link.path = request.profile_path;
  draft.change.number = request.generation;
  if (auto good = recall(request); !good) return good;
  if (auto found = find_kind_of(draft); !found) return found;
  if (auto fine = object_to_boot(draft); !fine) return fine;
  if (auto found = find_previous(draft); !found) return found;
  Status read;
  switch (draft.change.kind) {
    case Kind::units:
      read = read_units_change(draft);
      break;
    case Kind::nixos:
      read = read_system_change(draft);
      break;
    case Kind::script:
      read = read_script_change(draft);
      break;
  }
  if (!read) return read;
  drafts_.push_back(std::move(draft));
  return {};
}

Status Preparer::recall(const ChangeRequest& request) {
  // What is gone back to on purpose was chosen with its history in view.
  if (!request.closure || request.generation) return {};
  const auto rejection = last_rejection(ports_.records, request.profile, *request.closure);
  if (!rejection) return {};
  const auto sentence =
      request.closure->name() + " was tried in profile " + request.profile.text() + " before: " + *rejection;
  if (!request_.retry_rejected)
    return fail(Errc::refused, sentence + ". Without --no-retry-rejected it is tried again");
  warn(sentence);
  return {};
}

Status Preparer::find_kind_of(Draft& draft) {
  const auto& profile = draft.request.profile;
  const bool has_units = committed_.contains(profile);
  if (!draft.request.closure) {
    if (has_units) return {};
    return fail(Errc::refused,
                "profile " + profile.text() +
                    " has no units on this host: there is nothing to remove. A profile of another "
                    "kind cannot be taken back, since what it did to the host is not known");
  }
  const auto content = ports_.closures.inspect(*draft.request.closure);
  if (!content) return tl::make_unexpected(content.error());
  auto found = find_kind(*draft.request.closure, *content, draft.request.kind);
  if (!found) return tl::make_unexpected(found.error());
  draft.change.kind = found->kind;
  draft.change.closure = std::move(found->closure);
  if (has_units && found->kind != Kind::units) {
    return fail(Errc::refused, "profile " + profile.text() +
                                   " runs units on this host, and this closure is of kind " +
                                   std::string(text(found->kind)) +
                                   ": remove the profile first (switchback remove), "
                                   "or use another one");
  }
  return {};
}

Status Preparer::find_previous(Draft& draft) {
  const auto generations = ports_.profiles.generations(draft.change.link);
  if (!generations) return tl::make_unexpected(generations.error());
  auto& made_before = draft.change.made_before.emplace();
  for (const auto& [number, closure] : *generations) {
    if (closure == draft.change.closure) made_before.insert(number);
  }
  const auto current = ports_.profiles.current(draft.change.link);
  if (!current) return tl::make_unexpected(current.error());
  if (!*current) return {};
  draft.change.previous = (*current)->closure;
  draft.change.previous_number = (*current)->number;
  return ports_.profiles.pin(request_.id.text() + "-previous-" + std::to_string(drafts_.size()),
                             (*current)->closure);
}

Status Preparer::refuse_if_moved(const Draft& draft) const {
  const auto& change = draft.change;
  if (change.previous == change.running || request_.force) return {};
  return fail(Errc::refused,
              "profile " + change.profile.text() + " names " + text_of(change.previous) +
                  ", but what runs is " + text_of(change.running) +
                  ": somebody moved one of them by hand. Move it back, or deploy with --force to go "
                  "on from what runs");
}

Status Preparer::read_units_change(Draft& draft) {
  auto& change = draft.change;
  if (change.link.user != "root") {
    return fail(Errc::refused,
                "profile " + change.profile.text() + " belongs to " + change.link.user +
                    ", but its closure has units for the system's manager: these belong to root");
  }
  if (const auto running = committed_.find(change.profile); running != committed_.end()) {
    change.running = running->second;
    const auto name = request_.id.text() + "-running-" + std::to_string(drafts_.size());
    if (auto pinned = ports_.profiles.pin(name, *change.running); !pinned) return pinned;
  }
  if (auto moved = refuse_if_moved(draft); !moved) return moved;
  if (change.closure) {
    if (auto seen = ports_.copies.check_generator(); !seen) return seen;
    auto entries = ports_.copies.of_closure(*change.closure);
    if (!entries) return tl::make_unexpected(entries.error());
    draft.entries = std::move(*entries);
    draft.after = UnitSet::from_entries(draft.entries, &draft.skipped);
  }
  const auto running = ports_.copies.committed_entries(change.profile);
  if (!running) return tl::make_unexpected(running.error());
  draft.before = UnitSet::from_entries(*running, nullptr);
  if (!change.closure) return {};
  return ports_.closures.check_architecture(*change.closure, programs_of(draft.after));
}

Status Preparer::read_system_change(Draft& draft) {
  auto& change = draft.change;
  const auto system = ports_.host.current_system();
  if (!system) return tl::make_unexpected(system.error());
  if (!*system) {
    return fail(Errc::refused,
                change.closure->text() +
                    " is a NixOS system, but this host is no NixOS: it has no /run/current-system");
  }
  change.running = **system;
  const auto name = request_.id.text() + "-running-" + std::to_string(drafts_.size());
  if (auto pinned = ports_.profiles.pin(name, *change.running); !pinned) return pinned;
  const auto holder = ports_.host.switch_lock_holder();
  if (!holder) return tl::make_unexpected(holder.error());
  if (*holder) {
    return fail(Errc::refused, "somebody else is switching this host: " + **holder +
                                   " holds /run/nixos/switch-to-configuration.lock. Wait for its end");
  }
  if (change.previous) {
    // A generation of deploy-rs's is a wrapper around the system that runs.
    const auto content = ports_.closures.inspect(*change.previous);
    const bool wraps = content && content->wrapped == change.running;
    if (!wraps) {
      if (auto moved = refuse_if_moved(draft); !moved) return moved;
    }
  }
  return ports_.closures.check_architecture(*change.closure,
                                            {change.closure->text() + "/bin/switch-to-configuration"});
}

Status Preparer::read_script_change(Draft& draft) {
  auto& change = draft.change;
  change.running = change.previous;
  const auto content = ports_.closures.inspect(*change.closure);
  if (!content) return tl::make_unexpected(content.error());
  const auto program = change.closure->text() + "/" + content->script;
  if (auto fits = ports_.closures.check_architecture(*change.closure, {program}); !fits) return fits;
  if (!change.previous) {
    warn("profile " + change.profile.text() +
         " has no generation to go back to: a revert takes its link away, but "
         "cannot undo what the script does");
    return {};
  }
  const auto before = ports_.closures.inspect(*change.previous);
  change.can_go_back = before && (!before->script.empty() || before->has_switch_to_configuration);
  if (change.can_go_back) return {};
  const auto problem = "the closure that profile " + change.profile.text() + " names now, " +
                       change.previous->text() +
                       ", has no activation script: going back to it could not undo what the new one does";
  if (!request_.allow_unrevertible) {
    return fail(Errc::refused, problem + ". Deploy with --allow-unrevertible to take that risk");
  }
  warn(problem);
  return {};
}

}  // namespace switchback
