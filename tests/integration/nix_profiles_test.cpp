// SPDX-License-Identifier: MIT
// Profiles and closures in a real Nix store: what is set is what runs next, and what is held is not
// collected.
#include "activator/adapters/nix_profiles.hpp"

#include "activator/adapters/nix_generations.hpp"
#include "tests/integration/private_store.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <set>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct World {
  PrivateStore store;
  EventLoop loop;
  NixProfiles profiles{loop, store.places()};
  ProfileLink web = *profiles.locate(*ProfileName::parse("web"), "root");

  Status set(std::optional<StorePath> closure, std::optional<std::uint64_t> number = std::nullopt) {
    Answer<Status> answer;
    profiles.set(web, std::move(closure), number, answer.callback());
    CHECK_FALSE(answer.arrived());
    return answer.await(loop);
  }
  Status drop(const StorePath& closure, std::set<std::uint64_t> spared = {}) {
    Answer<Status> answer;
    profiles.drop_generations(web, closure, std::move(spared), answer.callback());
    CHECK_FALSE(answer.arrived());
    return answer.await(loop);
  }
  std::set<std::uint64_t> numbers() {
    std::set<std::uint64_t> found;
    const auto generations = profiles.generations(web);
    for (const auto& [number, closure] : *generations) found.insert(number);
    return found;
  }
  Status check_valid(const StorePath& closure) {
    Answer<Status> answer;
    profiles.check_valid(closure, answer.callback());
    return answer.await(loop);
  }
  /// «web-1 as 2», «nothing»
  std::string current() {
    const auto found = profiles.current(web);
    if (!found) return found.error().message;
    if (!*found) return "nothing";
    return (*found)->closure.name() + " as " + ((*found)->number ? std::to_string(*(*found)->number) : "?");
  }
};

bool exists(const StorePath& path) { return std::filesystem::exists(path.text()); }

}  // namespace

TEST_CASE("setting a profile makes a generation, and setting it again does not", "[nix]") {
  World world;
  CHECK(world.current() == "nothing");
  const auto one = world.store.add("web-1");
  REQUIRE(world.set(one));
  CHECK(world.current() == "web-1 as 1");
  REQUIRE(world.set(one));
  CHECK(world.current() == "web-1 as 1");
  REQUIRE(world.set(world.store.add("web-2")));
  CHECK(world.current() == "web-2 as 2");
  CHECK(world.profiles.generations(world.web)->size() == 2);
}

TEST_CASE("going back selects the generation that is meant, if it still is that closure's", "[nix]") {
  World world;
  const auto one = world.store.add("web-1");
  const auto two = world.store.add("web-2");
  REQUIRE(world.set(one));
  REQUIRE(world.set(two));
  SECTION("it is") {
    REQUIRE(world.set(one, 1));
    CHECK(world.current() == "web-1 as 1");
    REQUIRE(world.set(one, 1));
    CHECK(world.current() == "web-1 as 1");
    CHECK(world.profiles.generations(world.web)->size() == 2);
  }
  SECTION("it is another's") {
    REQUIRE(world.set(one, 2));
    CHECK(world.current() == "web-1 as 3");
  }
  SECTION("it is gone") {
    REQUIRE(world.set(one, 17));
    CHECK(world.current() == "web-1 as 3");
  }
}

TEST_CASE("generations of a closure are dropped, but none that is current or to be spared", "[nix]") {
  using Numbers = std::set<std::uint64_t>;
  World world;
  const auto one = world.store.add("web-1");
  const auto two = world.store.add("web-2");
  const bool elsewhere = GENERATE(false, true);  // where nix-env is what moves it
  const TempDir place;
  if (elsewhere) world.web.path = place / "web";
  REQUIRE(world.set(one));
  REQUIRE(world.set(two));
  SECTION("it is current") {
    REQUIRE(world.drop(two));
    CHECK(world.numbers() == Numbers{1, 2});
    CHECK(world.current() == "web-2 as 2");
  }
  SECTION("it is to be spared") {
    REQUIRE(world.set(one, 1));
    REQUIRE(world.drop(two, {2}));
    CHECK(world.numbers() == Numbers{1, 2});
  }
  SECTION("it is neither") {
    REQUIRE(world.set(one, 1));
    REQUIRE(world.drop(two));
    REQUIRE(world.drop(two));
    CHECK(world.numbers() == Numbers{1});
    CHECK(world.current() == "web-1 as 1");
    world.store.collect_garbage();
    CHECK(exists(one));
    CHECK_FALSE(exists(two));
  }
  SECTION("the profile names nothing any more") {
    REQUIRE(world.set(std::nullopt));
    REQUIRE(world.drop(two));
    CHECK(world.numbers() == Numbers{1});
  }
}

TEST_CASE("a generation is not dropped while nix has its profile locked", "[nix]") {
  World world;
  const auto one = world.store.add("web-1");
  const auto two = world.store.add("web-2");
  REQUIRE(world.set(one));
  REQUIRE(world.set(two));
  REQUIRE(world.set(one, 1));
  auto lock = ProfileLock::try_take(world.web.path);
  REQUIRE(lock);
  REQUIRE(lock->has_value());
  Answer<Status> answer;
  world.profiles.drop_generations(world.web, two, {}, answer.callback());
  for (int turns = 0; turns < 3; ++turns) (void)world.loop.turn(std::chrono::milliseconds{100});
  CHECK(world.numbers().size() == 2);
  lock->reset();
  REQUIRE(answer.await(world.loop));
  CHECK(world.numbers().size() == 1);
}

TEST_CASE("to nix a generation is as if it had made it", "[nix]") {
  World world;
  const auto one = world.store.add("web-1");
  const auto two = world.store.add("web-2");
  const auto nix_env = [&](const std::string& arguments) {
    world.store.run("nix-env --profile " + world.web.path + " " + arguments);
  };
  REQUIRE(world.set(one));
  REQUIRE(world.set(two));
  nix_env("--rollback");
  CHECK(world.current() == "web-1 as 1");
  // The newest is selected again, not made a second time: as nix does.
  REQUIRE(world.set(two));
  CHECK(world.current() == "web-2 as 2");
  nix_env("--set " + one.text());
  CHECK(world.current() == "web-1 as 3");
  nix_env("--delete-generations old");
  REQUIRE(world.set(two));
  CHECK(world.current() == "web-2 as 4");
}

TEST_CASE("a profile is not moved while nix has it locked", "[nix]") {
  World world;
  const auto one = world.store.add("web-1");
  REQUIRE(world.set(one));
  REQUIRE(world.set(world.store.add("web-2")));
  auto lock = ProfileLock::try_take(world.web.path);
  REQUIRE(lock);
  REQUIRE(lock->has_value());
  CHECK_FALSE(ProfileLock::try_take(world.web.path)->has_value());
  Answer<Status> answer;
  world.profiles.set(world.web, one, 1, answer.callback());
  for (int turns = 0; turns < 3; ++turns) (void)world.loop.turn(std::chrono::milliseconds{100});
  CHECK(world.current() == "web-2 as 2");
  lock->reset();
  REQUIRE(answer.await(world.loop));
  CHECK(world.current() == "web-1 as 1");
}

TEST_CASE("a lock that was given back, and whose file could not be removed, holds up nobody", "[nix]") {
  const TempDir directory;
  directory.write("web.lock", "d");
  const auto lock = ProfileLock::try_take(directory / "web");
  REQUIRE(lock);
  CHECK(lock->has_value());
}

TEST_CASE("a lock that was given back is no lock to whoever had it open", "[nix]") {
  const TempDir directory;
  const auto profile = directory / "web";
  const UniqueFd early(::open((profile + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  { CHECK(ProfileLock::try_take(profile)->has_value()); }
  CHECK_FALSE(std::filesystem::exists(profile + ".lock"));
  struct stat info {};
  REQUIRE(::fstat(early.get(), &info) == 0);
  CHECK(info.st_size == 1);
}

TEST_CASE("root's profile moves without nix, one that lies elsewhere is held all the same", "[nix]") {
  World world;
  const auto closure = world.store.add("web-1");
  SECTION("no nix on the host") {
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nowhere", 1);
    auto places = world.store.places();
    places.programs.clear();
    NixProfiles profiles(world.loop, places);
    Answer<Status> answer;
    profiles.set(world.web, closure, std::nullopt, answer.callback());
    ::setenv("PATH", path.c_str(), 1);
    CHECK(answer.await(world.loop));
    CHECK(world.current() == "web-1 as 1");
  }
  SECTION("a place that the garbage collector does not look at") {
    const TempDir elsewhere;
    world.web.path = elsewhere / "web";
    REQUIRE(world.set(closure));
    world.store.collect_garbage();
    CHECK(exists(closure));
  }
}

TEST_CASE("a profile that is removed names nothing, and its generations stay", "[nix]") {
  World world;
  REQUIRE(world.set(world.store.add("web-1")));
  REQUIRE(world.set(std::nullopt));
  CHECK(world.current() == "nothing");
  CHECK(world.profiles.generations(world.web)->size() == 1);
  REQUIRE(world.set(std::nullopt));
}

TEST_CASE("a closure that nix does not know, or that is gone from the disk, is not valid", "[nix]") {
  World world;
  const auto closure = world.store.add("web-1");
  CHECK(world.check_valid(closure));
  const auto strange = *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web");
  const auto unknown = world.check_valid(strange);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Errc::invalid_closure);
  CHECK_THAT(unknown.error().message, ContainsSubstring(strange.text()));
  std::filesystem::remove(closure.text());
  CHECK_THAT(world.check_valid(closure).error().message, ContainsSubstring("gone from the disk"));
}

TEST_CASE("what is pinned outlives a garbage collection, until it is unpinned by its name's beginning",
          "[nix]") {
  World world;
  const auto held = world.store.add("held");
  const auto also_held = world.store.add("also-held");
  const auto loose = world.store.add("loose");
  REQUIRE(world.profiles.pin("0123-new-0", held));
  REQUIRE(world.profiles.pin("0123-new-0", held));
  REQUIRE(world.profiles.pin("4567-new-0", also_held));
  world.store.collect_garbage();
  CHECK(exists(held));
  CHECK(exists(also_held));
  CHECK_FALSE(exists(loose));
  world.profiles.unpin_all("0123");
  world.store.collect_garbage();
  CHECK_FALSE(exists(held));
  CHECK(exists(also_held));
  world.profiles.unpin_all("");
  world.profiles.unpin_all("");
  world.store.collect_garbage();
  CHECK_FALSE(exists(also_held));
}

TEST_CASE("what a profile names is held by it", "[nix]") {
  World world;
  const auto closure = world.store.add("web-1");
  REQUIRE(world.set(closure));
  world.store.collect_garbage();
  CHECK(exists(closure));
}

TEST_CASE("a profile that leads nowhere is not guessed at", "[nix]") {
  World world;
  REQUIRE(world.set(world.store.add("web-1")));
  const auto replace = [&](const std::string& target) {
    std::filesystem::remove(world.web.path);
    std::filesystem::create_symlink(target, world.web.path);
  };
  SECTION("its generation is missing") {
    replace("web-9-link");
    CHECK_THAT(world.current(), ContainsSubstring("is missing"));
  }
  SECTION("it leads in a circle") {
    replace("web");
    CHECK_THAT(world.current(), ContainsSubstring("leads to no store path"));
  }
  SECTION("it leads to the store without a generation") {
    replace(world.store.add("by-hand").text());
    CHECK(world.current() == "by-hand as ?");
  }
  SECTION("it is no link") {
    std::filesystem::remove(world.web.path);
    std::filesystem::create_directory(world.web.path);
    CHECK_THAT(world.current(), ContainsSubstring("is not a symbolic link"));
  }
}

TEST_CASE("a profile that cannot be set says why", "[nix]") {
  World world;
  const auto strange = *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web");
  const auto set = world.set(strange);
  REQUIRE_FALSE(set);
  CHECK(set.error().code == Errc::io);
  CHECK_THAT(set.error().message, ContainsSubstring(strange.text() + ": No such file or directory"));
  CHECK(world.current() == "nothing");
}

TEST_CASE("a profile lies where deploy-rs would put it", "[nix]") {
  World world;
  const auto place = [&](const std::string& name, const std::string& user) {
    const auto link = world.profiles.locate(*ProfileName::parse(name), user);
    return link ? link->path : link.error().message;
  };
  CHECK(place("system", "root") == "/nix/var/nix/profiles/system");
  CHECK(place("web", "root") == "/nix/var/nix/profiles/per-user/root/web");
  CHECK(place("web", "daemon") == "/usr/sbin/.local/state/nix/profiles/web");
  std::filesystem::create_directories("/nix/var/nix/profiles/per-user/daemon");
  CHECK(place("web", "daemon") == "/nix/var/nix/profiles/per-user/daemon/web");
  CHECK_THAT(place("web", "nobody-at-all"), ContainsSubstring("no user nobody-at-all"));
}

TEST_CASE("a host without nix is told what is missing", "[nix]") {
  EventLoop loop;
  const TempDir directory;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", directory.path().c_str(), 1);
  NixProfiles profiles(loop, {directory.path(), {directory.path()}, {}});
  Answer<Status> answer;
  profiles.check_valid(*StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web"),
                       answer.callback());
  ::setenv("PATH", path.c_str(), 1);
  const auto& checked = answer.await(loop);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Errc::unavailable);
  CHECK_THAT(checked.error().message, ContainsSubstring("nix-store is not on this host"));
}
