// SPDX-License-Identifier: MIT
// Rollbacks and removals turned into activations: which closure was meant is found before anything is begun.
// A part of engine.hpp.
#include "activator/engine/engine.hpp"
#include "activator/engine/history.hpp"

#include <algorithm>
#include <utility>

namespace switchback {

Status Engine::rollback(RollbackRequest request, std::string holder) {
  if (record_ || !trouble_.empty())
    return activate(std::move(request.how), std::move(holder));  // says why not
  auto change = resolve(request);
  if (!change) return tl::make_unexpected(change.error());
  request.how.changes = {std::move(*change)};
  return activate(std::move(request.how), std::move(holder));
}

Status Engine::remove(RemoveRequest request, std::string holder) {
  request.how.changes = {ChangeRequest{.profile = std::move(request.profile)}};
  return activate(std::move(request.how), std::move(holder));
}

Result<ChangeRequest> Engine::resolve(const RollbackRequest& request) {
  auto link = ports_.profiles.locate(request.profile, request.user);
  if (!link) return tl::make_unexpected(link.error());
  if (!request.profile_path.empty()) link->path = request.profile_path;
  const auto current = ports_.profiles.current(*link);
  if (!current) return tl::make_unexpected(current.error());
  const auto generations = ports_.profiles.generations(*link);
  if (!generations) return tl::make_unexpected(generations.error());
  ChangeRequest change{
      .profile = request.profile, .user = request.user, .profile_path = request.profile_path};
  const auto name = "profile " + request.profile.text();
  if (request.generation) {
    const auto found = generations->find(*request.generation);
    if (found != generations->end()) {
      change.closure = found->second;
      change.generation = found->first;
      return change;
    }
    std::string there;
    for (const auto& [number, closure] : *generations)
      there += (there.empty() ? "" : ", ") + std::to_string(number);
    return fail(Errc::refused, name + " has no generation " + std::to_string(*request.generation) +
                                   (there.empty() ? "" : "; it has " + there));
  }
  if (!*current) return fail(Errc::refused, name + " has no generation on this host");
  const auto before = ran_before(request.profile, (*current)->closure);
  for (auto entry = generations->rbegin(); entry != generations->rend(); ++entry) {
    const auto& [number, closure] = *entry;
    // What the history says ran before; for a generation made by hand it says nothing: then the one below.
    const bool meant =
        before ? closure.text() == before->closure && (!before->number || *before->number == number)
               : closure != (*current)->closure && number < (*current)->number.value_or(number + 1);
    if (!meant) continue;
    change.closure = closure;
    change.generation = number;
    return change;
  }
  if (before) {
    return fail(Errc::refused, "what " + name + " ran before, " + before->closure +
                                   ", has no generation any more: name one with --to");
  }
  return fail(Errc::refused, name + " has no generation to go back to");
}

std::optional<GenerationInfo> Engine::ran_before(const ProfileName& profile, const StorePath& now) {
  std::optional<GenerationInfo> found;
  ports_.records.visit_history([&](const std::string& document) {
    const auto entry = parse_history_without_events(document);
    if (!entry || !is_committed(entry->status.outcome->outcome)) return true;
    const auto& after = entry->status.outcome->generations;
    const bool brought_it = std::any_of(after.begin(), after.end(), [&](const GenerationInfo& generation) {
      return generation.profile == profile.text() && generation.closure == now.text();
    });
    if (!brought_it) return true;
    for (const auto& generation : entry->before) {
      const bool useful = generation.profile == profile.text() && !generation.closure.empty() &&
                          generation.closure != now.text();
      if (useful) found = generation;
    }
    return !found;
  });
  return found;
}

/// What is known of this host's profiles: those with units, those that programs were run for, and NixOS's
/// own.
std::vector<ProfileStatus> Engine::profile_statuses() {
  static const std::string kRoot = "root";
  using Whose = std::tuple<ProfileName, std::string, std::string>;  // user, and where it is
  std::map<Whose, std::pair<Kind, ChangeRequest>> known;
  std::map<ProfileName, std::string> places;  // of profiles with units, where it is not the usual one
  ports_.records.visit_history([&](const std::string& document) {
    const auto entry = parse_history_without_events(document);
    if (!entry || !is_committed(entry->status.outcome->outcome)) return true;
    for (const auto& change : entry->changes) {
      const auto kind = entry->kinds.find(change.profile.text());
      if (kind == entry->kinds.end()) continue;
      if (kind->second == Kind::units) {
        places.try_emplace(change.profile, change.profile_path);
        continue;
      }
      const ChangeRequest whose{
          .profile = change.profile, .user = change.user, .profile_path = change.profile_path};
      known.try_emplace({change.profile, change.user, change.profile_path}, kind->second, whose);
    }
    return true;
  });
  const auto committed = ports_.copies.committed();
  for (const auto& [profile, closure] : committed.value_or(std::map<ProfileName, StorePath>{})) {
    ChangeRequest change{.profile = profile, .closure = closure, .profile_path = places[profile]};
    known.insert_or_assign({profile, kRoot, ""}, std::pair{Kind::units, std::move(change)});
  }
  if (const auto system = ports_.host.current_system(); system && *system) {
    static const auto kSystem = *ProfileName::parse("system");
    known.insert_or_assign({kSystem, kRoot, ""},
                           std::pair{Kind::nixos, ChangeRequest{.profile = kSystem, .closure = **system}});
  }
  std::vector<ProfileStatus> statuses;
  for (const auto& [whose, what] : known) {
    const auto& [kind, change] = what;
    ProfileStatus status{
        {change.profile.text(), change.closure ? change.closure->text() : "", std::nullopt}, {}, kind};
    auto link = ports_.profiles.locate(change.profile, change.user);
    if (link && !change.profile_path.empty()) link->path = change.profile_path;
    const auto current = link ? ports_.profiles.current(*link) : tl::make_unexpected(link.error());
    if (current && *current && (!change.closure || (*current)->closure == *change.closure)) {
      status.generation.closure = (*current)->closure.text();
      status.generation.number = (*current)->number;
      if ((*current)->made_ms) {
        status.age = static_cast<double>(ports_.clock.realtime_ms() - *(*current)->made_ms) / 1000.0;
      }
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace switchback
