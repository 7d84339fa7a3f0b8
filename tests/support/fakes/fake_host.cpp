// SPDX-License-Identifier: MIT
#include "tests/support/fakes/fake_host.hpp"

#include <algorithm>

namespace switchback::test {

StorePath store_path(const std::string& name) {
  return *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-" + name);
}

Result<ProfileLink> FakeProfiles::locate(const ProfileName& profile, const std::string& user) {
  if (user == "nobody-here") return fail(Errc::refused, "there is no user " + user + " on this host");
  return ProfileLink{"/profiles/" + user + "/" + profile.text(), user};
}

Result<std::optional<CurrentGeneration>> FakeProfiles::current(const ProfileLink& profile) {
  const auto found = disk_.profiles.find(profile.path);
  if (found == disk_.profiles.end() || !found->second.current) return std::nullopt;
  const auto index = *found->second.current;
  return CurrentGeneration{found->second.generations[index], index + 1, loop_.realtime_ms()};
}

Result<std::map<std::uint64_t, StorePath>> FakeProfiles::generations(const ProfileLink& profile) {
  std::map<std::uint64_t, StorePath> numbered;
  const auto& made = disk_.profiles[profile.path].generations;
  for (std::size_t index = 0; index < made.size(); ++index) numbered.emplace(index + 1, made[index]);
  return numbered;
}

void FakeProfiles::set(const ProfileLink& link, std::optional<StorePath> closure,
                       std::optional<std::uint64_t> number, Callback<void> done) {
  auto& profile = disk_.profiles[link.path];
  Status status;
  if (disk_.full) {
    status = fail(Errc::io, "no space left");
  } else if (!closure) {
    profile.current.reset();
  } else if (number && *number >= 1 && *number <= profile.generations.size() &&
             profile.generations[*number - 1] == *closure) {
    profile.current = *number - 1;
  } else if (!profile.current || profile.generations[*profile.current] != *closure) {
    if (profile.generations.empty() || profile.generations.back() != *closure)
      profile.generations.push_back(*closure);
    profile.current = profile.generations.size() - 1;
  }
  loop_.post([done = std::move(done), status] { done(status); });
}

void FakeProfiles::drop_generations(const ProfileLink& link, const StorePath& closure,
                                    std::set<std::uint64_t> spared, Callback<void> done) {
  auto& profile = disk_.profiles[link.path];
  for (auto index = profile.generations.size(); drops && index-- > 0;) {
    const bool stays = profile.current == index || spared.contains(index + 1);
    if (stays || profile.generations[index] != closure) continue;
    profile.generations[index] = store_path("deleted");
    if (index + 1 == profile.generations.size()) profile.generations.pop_back();  // its number is free again
  }
  loop_.post([done = std::move(done), status = drops] { done(status); });
}

void FakeProfiles::check_valid(const StorePath& closure, Callback<void> done) {
  const bool there = disk_.store.contains(closure);
  loop_.post([done = std::move(done), there, text = closure.text()] {
    if (there) return done({});
    done(fail(Errc::invalid_closure, text + " is not in this host's store"));
  });
}

Status FakeProfiles::pin(const std::string& name, const StorePath& closure) {
  pins.insert_or_assign(name, closure);
  return {};
}

void FakeProfiles::unpin_all(const std::string& prefix) {
  std::erase_if(pins, [&](const auto& pin) { return pin.first.starts_with(prefix); });
}

Result<std::vector<UnitDirEntry>> FakeCopies::of_closure(const StorePath& closure) {
  const auto found = disk_.store.find(closure);
  if (found == disk_.store.end())
    return fail(Errc::invalid_closure, closure.text() + " has no lib/systemd/system");
  return found->second;
}

Result<std::map<ProfileName, StorePath>> FakeCopies::committed() {
  std::map<ProfileName, StorePath> closures;
  for (const auto& [profile, copies] : disk_.committed) closures.emplace(profile, copies.closure);
  return closures;
}

Result<std::vector<UnitDirEntry>> FakeCopies::committed_entries(const ProfileName& profile) {
  const auto found = disk_.committed.find(profile);
  if (found == disk_.committed.end()) return std::vector<UnitDirEntry>{};
  return found->second.entries;
}

Status FakeCopies::stage(const ActivationId&, const ProfileName& profile,
                         const std::optional<StorePath>& closure, const std::vector<UnitDirEntry>& entries) {
  run_.staged.insert_or_assign(profile, Copies{closure.value_or(store_path("nothing")), entries});
  return {};
}

Status FakeCopies::place_trial(const ActivationId&, const ProfileName& profile) {
  const auto found = run_.staged.find(profile);
  if (found == run_.staged.end()) return fail(Errc::io, "nothing was staged");
  run_.trial.insert_or_assign(profile, found->second);
  return {};
}

Status FakeCopies::drop_trial(const ProfileName& profile) {
  run_.trial.erase(profile);
  return {};
}

Status FakeCopies::commit(const ProfileName& profile, const StorePath& closure,
                          const std::vector<UnitDirEntry>& entries) {
  if (disk_.full) return fail(Errc::io, "no space left");
  disk_.committed.insert_or_assign(profile, Copies{closure, entries});
  return {};
}

Status FakeCopies::forget(const ProfileName& profile) {
  disk_.committed.erase(profile);
  return {};
}

void FakeCopies::clean() {
  run_.staged.clear();
  run_.trial.clear();
}

void FakePrograms::run(ProgramRun program, std::function<void(const LogLine&)> line,
                       std::function<void(ProgramEnd)> done) {
  if (left_behind_) {
    return loop_.post([done] {
      done({false, 0, "it was not started: systemd has a unit of that name already", {}});
    });
  }
  std::string shown;
  for (const auto& word : program.argv) shown += (shown.empty() ? "" : " ") + word;
  runs.push_back(shown);
  const auto path = program.argv.front();
  if (hangs.contains(path)) {
    hanging_ = done;
    loop_.put(program.deadline, [this, path] {
      if (hanging_) std::exchange(hanging_, nullptr)({false, 0, "did not end in time and was killed", {}});
    });
    return;
  }
  ++under_way_;
  loop_.put(std::chrono::milliseconds{50}, [this, program, line, done, path] {
    --under_way_;
    if (line) line(LogLine{0, 6, path + " says something"});
    const auto effect = effects.find(path);
    done(effect == effects.end() ? ProgramEnd{true, 0, "", {}} : effect->second(program));
  });
}

void FakePrograms::cancel() {
  if (!hanging_) return;
  loop_.post([done = std::exchange(hanging_, nullptr)] { done({false, 0, "was killed", {}}); });
}

Status FakeRecords::save(const std::string& record) {
  ++disk_.saves;
  if (disk_.full) return fail(Errc::io, "/var/lib/switchback/running.json: no space left on device");
  disk_.record = record;
  if (!disk_.unsynced.empty() && record.find(disk_.unsynced) != std::string::npos)
    return fail(Errc::io, "cannot sync the directory /var/lib/switchback: input/output error");
  return {};
}

Status FakeRecords::finish(const ActivationId& id, const std::string& document) {
  if (disk_.full) return fail(Errc::io, "no space left");
  std::erase_if(disk_.history, [&](const auto& entry) { return entry.first == id; });
  disk_.history.emplace_back(id, document);
  disk_.record.reset();
  disk_.events.clear();
  return {};
}

void FakeRecords::visit_history(const std::function<bool(const std::string& document)>& wants_more) {
  for (auto entry = disk_.history.rbegin(); entry != disk_.history.rend(); ++entry) {
    if (!wants_more(entry->second)) return;
  }
}

}  // namespace switchback::test
