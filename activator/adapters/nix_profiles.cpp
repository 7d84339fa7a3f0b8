// SPDX-License-Identifier: MIT
#include "activator/adapters/nix_profiles.hpp"

#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/nix_generations.hpp"

#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace switchback {
namespace {

constexpr std::chrono::seconds kSetWithin{60};
constexpr int kMaxLinks = 8;

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
};

std::optional<Account> find_account(const std::string& user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return Account{found->pw_uid, found->pw_gid, found->pw_dir};
}

std::string absolute(const std::string& target, const std::string& beside) {
  return target.starts_with('/') ? target : directory_of(beside) + "/" + target;
}

std::optional<std::int64_t> made_ms(const std::string& link) {
  struct stat info {};
  if (::lstat(link.c_str(), &info) < 0) return std::nullopt;
  return std::int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

/// Directories above it may be new, too.
Status sync_upwards(std::string directory) {
  Status synced;
  for (; synced && directory != "/"; directory = directory_of(directory)) synced = sync_directory(directory);
  return synced;
}

}  // namespace

NixPlaces NixPlaces::of_host() {
  NixPlaces places;
  if (const char* state = std::getenv("NIX_STATE_DIR"); state != nullptr && *state != '\0')
    places.state = state;
  return places;
}

NixProfiles::NixProfiles(EventLoop& loop, NixPlaces places) : loop_(loop), places_(std::move(places)) {
  // A service has none, and nix will not run without.
  if (std::getenv("HOME") == nullptr) places_.environment.emplace("HOME", "/root");
}

Result<ProfileLink> NixProfiles::locate(const ProfileName& profile, const std::string& user) {
  const auto& name = profile.text();
  const auto profiles = places_.state + "/profiles/";
  if (user == "root")
    return ProfileLink{profiles + (name == "system" ? "system" : "per-user/root/" + name), user};
  const auto account = find_account(user);
  if (!account) return fail(Errc::refused, "there is no user " + user + " on this host");
  const auto own = profiles + "per-user/" + user;
  const ProfileLink global{own + "/" + name, user};
  const ProfileLink local{account->home + "/.local/state/nix/profiles/" + name, user};
  // Where it lies already comes first: nix-env makes the global directory when it is run for the first time,
  // and the profile must not move by that.
  std::error_code error;
  for (const auto& link : {global, local}) {
    if (std::filesystem::is_symlink(link.path, error)) return link;
  }
  return std::filesystem::is_directory(own, error) ? global : local;
}

Result<std::optional<CurrentGeneration>> NixProfiles::current(const ProfileLink& profile) {
  const auto& path = profile.path;
  std::optional<std::uint64_t> number;
  std::optional<std::int64_t> made;
  auto link = path;
  for (int count = 0; count < kMaxLinks; ++count) {
    const auto target = read_link(link);
    if (!target) return tl::make_unexpected(with_context(target.error(), "profile " + path));
    if (!target->has_value()) {
      if (link == path) return std::optional<CurrentGeneration>();
      return fail(Errc::corrupt, "profile " + path + " leads to " + link + ", which is missing");
    }
    const auto next = absolute(**target, link);
    if (const auto closure = StorePath::parse(next))
      return std::optional(CurrentGeneration{*closure, number, made ? made : made_ms(link)});
    if (const auto parsed = generation_number(path, next)) {
      number = parsed;
      made = made_ms(next);
    }
    link = next;
  }
  return fail(Errc::corrupt, "profile " + path + " leads to no store path");
}

Result<std::map<std::uint64_t, StorePath>> NixProfiles::generations(const ProfileLink& profile) {
  return read_generations(profile.path);
}

void NixProfiles::set(const ProfileLink& profile, std::optional<StorePath> closure,
                      std::optional<std::uint64_t> number, Callback<void> done) {
  if (!closure) return remove(profile, std::move(done));
  const auto later = [&](Status status) { loop_.post([done, status = std::move(status)] { done(status); }); };
  const auto generations = read_generations(profile.path);
  if (!generations) return later(tl::make_unexpected(generations.error()));
  const auto meant = number ? generations->find(*number) : generations->end();
  if (meant == generations->end() || meant->second != *closure) number.reset();
  const auto now = current(profile);
  if (now && *now && (*now)->closure == *closure && (!number || (*now)->number == number)) return later({});
  if (profile.user != "root") return set_by_nix(profile, *closure, number, std::move(done));
  if (auto made = make_directories(directory_of(profile.path)); !made) return later(made);
  if (is_moved_here(profile)) {
    const auto lock = ProfileLock::try_take(profile.path);
    if (!lock) return later(tl::make_unexpected(lock.error()));
    if (*lock) {
      auto selected = select_generation(profile.path, *closure, number);
      return later(selected ? sync_upwards(directory_of(profile.path)) : selected);
    }
  }
  set_by_nix(profile, *closure, number, std::move(done));
}

bool NixProfiles::is_moved_here(const ProfileLink& profile) const {
  return profile.user == "root" && profile.path.starts_with(places_.state + "/profiles/");
}

/// Beside another nix that holds the lock; as the profile's user, who may do what root must not be led to.
void NixProfiles::set_by_nix(const ProfileLink& profile, const StorePath& closure,
                             std::optional<std::uint64_t> number, Callback<void> done) {
  std::vector<std::string> arguments{"--profile", profile.path};
  if (number) {
    arguments.insert(arguments.end(), {"--switch-generation", std::to_string(*number)});
  } else {
    arguments.insert(arguments.end(), {"--set", closure.text()});
  }
  if (profile.user == "root") return run_nix_env(profile, std::move(arguments), "set", std::move(done));
  // As the user, here too; nix-env makes the links alone.
  run(profile.user, "mkdir", {"-p", "--", directory_of(profile.path)},
      [this, profile, arguments = std::move(arguments), done](Result<ChildResult> ran) mutable {
        if (!ran) return done(tl::make_unexpected(ran.error()));
        if (ran->succeeded()) return run_nix_env(profile, std::move(arguments), "set", std::move(done));
        done(fail(Errc::io, "cannot make the directory of " + profile.path + ": " + ran->describe()));
      });
}

void NixProfiles::run_nix_env(const ProfileLink& profile, std::vector<std::string> arguments,
                              const std::string& failed, Callback<void> done) {
  run(profile.user, "nix-env", std::move(arguments),
      [path = profile.path, failed, done](Result<ChildResult> ran) {
        if (!ran) return done(tl::make_unexpected(ran.error()));
        if (!ran->succeeded())
          return done(fail(Errc::io, "nix-env did not " + failed + " " + path + ": " + ran->describe()));
        done(sync_upwards(directory_of(path)));
      });
}

void NixProfiles::drop_generations(const ProfileLink& profile, const StorePath& closure,
                                   std::set<std::uint64_t> spared, Callback<void> done) {
  const auto later = [&](Status status) { loop_.post([done, status = std::move(status)] { done(status); }); };
  auto doomed = generations_but(profile, closure, spared);
  if (!doomed || doomed->empty()) return later(doomed ? Status() : tl::make_unexpected(doomed.error()));
  if (is_moved_here(profile)) {
    const auto lock = ProfileLock::try_take(profile.path);
    if (!lock) return later(tl::make_unexpected(lock.error()));
    if (*lock) {
      doomed = generations_but(profile, closure, spared);  // which nobody changes now
      return later(doomed ? remove_generations(profile.path, *doomed) : tl::make_unexpected(doomed.error()));
    }
  }
  drop_by_nix(profile, *doomed, std::move(done));
}

Result<std::vector<std::uint64_t>> NixProfiles::generations_but(const ProfileLink& profile,
                                                                const StorePath& closure,
                                                                std::set<std::uint64_t> spared) {
  const auto now = current(profile);
  if (!now) return tl::make_unexpected(now.error());
  if (*now && (*now)->number) spared.insert(*(*now)->number);
  const auto generations = read_generations(profile.path);
  if (!generations) return tl::make_unexpected(generations.error());
  std::vector<std::uint64_t> found;
  for (const auto& [number, of] : *generations) {
    if (of == closure && !spared.contains(number)) found.push_back(number);
  }
  return found;
}

/// As the profile's user, and once more with a look at what is current. Of a profile without such a one
/// nix-env does not know what to do.
void NixProfiles::drop_by_nix(const ProfileLink& profile, const std::vector<std::uint64_t>& numbers,
                              Callback<void> done) {
  const auto now = current(profile);
  const bool by_nix = now && *now;
  std::vector<std::string> arguments{"-f", "--"};
  if (by_nix) arguments = {"--profile", profile.path, "--delete-generations"};
  for (const auto number : numbers)
    arguments.push_back(by_nix ? std::to_string(number) : generation_link(profile.path, number));
  if (by_nix) return run_nix_env(profile, std::move(arguments), "delete a generation of", std::move(done));
  run(profile.user, "rm", std::move(arguments), [path = profile.path, done](Result<ChildResult> ran) {
    if (!ran) return done(tl::make_unexpected(ran.error()));
    if (ran->succeeded()) return done({});
    done(fail(Errc::io, "cannot remove a generation of " + path + ": " + ran->describe()));
  });
}

void NixProfiles::remove(const ProfileLink& profile, Callback<void> done) {
  if (profile.user == "root") {
    return loop_.post([done, status = remove_durably(profile.path)] { done(status); });
  }
  // As the user: where the link lies is the user's to say, and root must not be led elsewhere.
  run(profile.user, "rm", {"-f", "--", profile.path}, [path = profile.path, done](Result<ChildResult> ran) {
    if (!ran) return done(tl::make_unexpected(ran.error()));
    if (ran->succeeded()) return done({});
    done(fail(Errc::io, "cannot remove " + path + ": " + ran->describe()));
  });
}

void NixProfiles::check_valid(const StorePath& closure, Callback<void> done) {
  // A valid path's references are valid: nix's database does not register it otherwise.
  run("root", "nix-store", {"--check-validity", closure.text()}, [closure, done](Result<ChildResult> ran) {
    if (!ran) return done(tl::make_unexpected(ran.error()));
    if (ran->timed_out)
      return done(fail(Errc::unavailable, "nix did not answer about " + closure.text() + " in time"));
    if (!ran->succeeded())
      return done(fail(Errc::invalid_closure, closure.text() + " is not on this host, or not whole (" +
                                                  ran->describe() + "); copy it again"));
    if (::access(closure.text().c_str(), F_OK) < 0 && errno == ENOENT)
      return done(fail(Errc::invalid_closure,
                       closure.text() + " is known to nix but gone from the disk; repair it with nix-store "
                                        "--repair-path"));
    done({});
  });
}

Status NixProfiles::pin(const std::string& name, const StorePath& closure) {
  if (auto made = make_directories(roots()); !made) return made;
  return link_durably(roots() + "/" + name, closure.text());
}

void NixProfiles::unpin_all(const std::string& name_prefix) {
  std::error_code error;
  std::vector<std::string> doomed;
  for (std::filesystem::directory_iterator entry(roots(), error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with(name_prefix)) doomed.push_back(entry->path().string());
  }
  for (const auto& path : doomed) {
    if (::unlink(path.c_str()) < 0 && errno != ENOENT)
      spdlog::warn("cannot remove {}: {}", path, errno_text(errno));
  }
}

void NixProfiles::run(const std::string& user, const std::string& program, std::vector<std::string> arguments,
                      std::function<void(Result<ChildResult>)> done) {
  auto command = command_for(user, program);
  if (!command) return loop_.post([done, error = command.error()] { done(tl::make_unexpected(error)); });
  command->argv.insert(command->argv.end(), arguments.begin(), arguments.end());
  const auto slot = running_.emplace(running_.end());
  auto started = ChildProcess::start(loop_, *command, [this, slot, done](ChildResult result) {
    const auto ended = std::move(*slot);
    running_.erase(slot);
    done(std::move(result));
  });
  if (started) {
    *slot = std::move(*started);
    return;
  }
  running_.erase(slot);
  loop_.post([done, error = started.error()] { done(tl::make_unexpected(error)); });
}

Result<ChildCommand> NixProfiles::command_for(const std::string& user, const std::string& program) const {
  const auto missing = [](const std::string& name) {
    return fail(Errc::unavailable, name +
                                       " is not on this host: it was sought on PATH and in "
                                       "/run/current-system/sw/bin, /nix/var/nix/profiles/default/bin and "
                                       "/usr/bin; install nix");
  };
  const auto found = find_program(program, places_.programs);
  if (!found) return missing(program);
  ChildCommand command{{*found}, places_.environment, kSetWithin};
  if (user == "root") return command;
  const auto account = find_account(user);
  if (!account) return fail(Errc::refused, "there is no user " + user + " on this host");
  const auto setpriv = find_program("setpriv", places_.programs);
  if (!setpriv) return missing("setpriv (of util-linux)");
  command.argv = {*setpriv,
                  "--reuid",
                  std::to_string(account->uid),
                  "--regid",
                  std::to_string(account->gid),
                  "--init-groups",
                  "--",
                  *found};
  command.environment["HOME"] = account->home;
  command.environment["USER"] = user;
  command.environment["XDG_STATE_HOME"] = account->home + "/.local/state";
  return command;
}

}  // namespace switchback
