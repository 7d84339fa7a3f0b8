// SPDX-License-Identifier: MIT
#include "activator/adapters/nix_profiles.hpp"

#include "activator/adapters/durable_file.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>

namespace switchback {
namespace {

constexpr std::chrono::seconds kSetWithin{60};
constexpr int kMaxLinks = 8;

std::string file_name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string absolute(const std::string& target, const std::string& beside) {
  return target.starts_with('/') ? target : directory_of(beside) + "/" + target;
}

// `<profile>-<number>-link`
std::optional<std::uint64_t> generation_number(const std::string& profile_path, const std::string& link) {
  const auto prefix = file_name_of(profile_path) + "-";
  const std::string name = file_name_of(link);
  constexpr std::string_view kSuffix = "-link";
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix) || name.size() <= prefix.size() + kSuffix.size())
    return std::nullopt;
  const auto digits = name.substr(prefix.size(), name.size() - prefix.size() - kSuffix.size());
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> made_ms(const std::string& link) {
  struct stat info {};
  if (::lstat(link.c_str(), &info) < 0) return std::nullopt;
  return std::int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
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

std::string NixProfiles::path_of(const ProfileName& profile) const {
  const auto profiles = places_.state + "/profiles/";
  return profile.text() == "system" ? profiles + "system" : profiles + "per-user/root/" + profile.text();
}

Result<std::optional<CurrentGeneration>> NixProfiles::current(const ProfileName& profile) {
  const auto path = path_of(profile);
  std::optional<std::uint64_t> number;
  std::optional<std::int64_t> made;
  auto link = path;
  for (int count = 0; count < kMaxLinks; ++count) {
    const auto target = read_link(link);
    if (!target) return tl::make_unexpected(with_context(target.error(), "profile " + profile.text()));
    if (!target->has_value()) {
      if (link == path) return std::optional<CurrentGeneration>();
      return fail(Errc::corrupt,
                  "profile " + profile.text() + ": " + path + " leads to " + link + ", which is missing");
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
  return fail(Errc::corrupt, "profile " + profile.text() + ": " + path + " leads to no store path");
}

bool NixProfiles::leads_to(const std::string& generation, const StorePath& closure) const {
  const auto target = read_link(generation);
  return target && target->has_value() && **target == closure.text();
}

void NixProfiles::set(const ProfileName& profile, std::optional<StorePath> closure,
                      std::optional<std::uint64_t> number, Callback<void> done) {
  const auto path = path_of(profile);
  const auto later = [&](Status status) { loop_.post([done, status = std::move(status)] { done(status); }); };
  if (!closure) return later(remove_durably(path));
  const auto now = current(profile);
  const bool number_fits = number && leads_to(path + "-" + std::to_string(*number) + "-link", *closure);
  if (now && *now && (*now)->closure == *closure && (!number_fits || (*now)->number == number))
    return later({});
  if (auto made = make_directories(directory_of(path)); !made) return later(made);
  std::vector<std::string> arguments{"--profile", path};
  if (number_fits) {
    arguments.insert(arguments.end(), {"--switch-generation", std::to_string(*number)});
  } else {
    arguments.insert(arguments.end(), {"--set", closure->text()});
  }
  run("nix-env", std::move(arguments), [path, done](Result<ChildResult> ran) {
    if (!ran) return done(tl::make_unexpected(ran.error()));
    if (!ran->succeeded())
      return done(fail(Errc::io, "nix-env did not set " + path + ": " + ran->describe()));
    done(sync_directory(directory_of(path)));
  });
}

void NixProfiles::check_valid(const StorePath& closure, Callback<void> done) {
  // A valid path's references are valid: nix's database does not register it otherwise.
  run("nix-store", {"--check-validity", closure.text()}, [closure, done](Result<ChildResult> ran) {
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

void NixProfiles::run(const std::string& program, std::vector<std::string> arguments,
                      std::function<void(Result<ChildResult>)> done) {
  const auto found = find_program(program, places_.programs);
  if (!found) {
    auto error =
        fail(Errc::unavailable, program + " is not on this host: it was sought on PATH and in " +
                                    "/run/current-system/sw/bin, /nix/var/nix/profiles/default/bin and "
                                    "/usr/bin; install nix");
    return loop_.post([done, error] { done(error); });
  }
  ChildCommand command{{*found}, places_.environment, kSetWithin};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const auto slot = running_.emplace(running_.end());
  auto started = ChildProcess::start(loop_, command, [this, slot, done](ChildResult result) {
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

}  // namespace switchback
