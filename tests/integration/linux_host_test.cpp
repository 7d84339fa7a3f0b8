// SPDX-License-Identifier: MIT
// The host's own affairs: which boot this is, what is on disk, and the activator's binary kept in its place.
#include "activator/adapters/linux_host.hpp"

#include "activator/adapters/nix_profiles.hpp"
#include "tests/integration/private_store.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/path_begins.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/testhost/process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct World {
  TempDir directory;
  PathBegins path{directory / "bin"};
  EventLoop loop;
  NixProfiles profiles{loop, {directory / "nix", {}, {}}};
  HostPlaces places;

  World() {
    systemctl("echo");
    directory.write("boot_id", "c1dacd38-57cc-4795-80a3-240f20d8354f\n");
    places.boot_id = directory / "boot_id";
    places.run = directory / "run";
    places.store = directory / "store";
    places.systemctl_within = 300ms;
    places.pin.drop_ins = directory / "systemd/switchback-activator.service.d";
    places.pin.copy = directory / "run/activator-pinned";
  }
  void program(const std::string& name, const std::string& script) const {
    directory.write("bin/" + name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(directory / ("bin/" + name), std::filesystem::perms::owner_all);
  }
  void systemctl(const std::string& script) const { program("systemctl", script); }
  Result<BootIdentity> boot() { return LinuxHost(profiles, loop, places).boot(); }
  [[nodiscard]] std::string drop_in() const {
    return directory.read("systemd/switchback-activator.service.d/50-switchback-pinned.conf");
  }
  Status verify(const std::vector<std::pair<std::string, std::string>>& files) {
    const TempDir closure;
    std::vector<UnitName> units;
    for (const auto& [name, text] : files) {
      closure.write(name, text);
      if (const auto unit = UnitName::parse(name)) units.push_back(*unit);
    }
    LinuxHost host(profiles, loop, places);
    Answer<Status> verified;
    host.verify_units(closure.path(), units, verified.callback());
    return verified.await(loop);
  }
};

}  // namespace

TEST_CASE("a boot is known by its id, by a token that /run keeps, and by its soft reboots", "[host]") {
  World world;
  world.systemctl("[ \"$*\" = 'show --property=SoftRebootsCount --value' ] && echo 3");
  const auto boot = world.boot();
  REQUIRE(boot);
  CHECK(boot->boot_id == "c1dacd38-57cc-4795-80a3-240f20d8354f");
  CHECK(ActivationId::parse(boot->run_token));
  CHECK(boot->soft_reboots == 3);
  CHECK(*world.boot() == *boot);
  struct stat token {};
  REQUIRE(::stat((world.directory / "run/boot-token").c_str(), &token) == 0);
  CHECK((token.st_mode & 0777U) == 0600);
  std::filesystem::remove_all(world.directory / "run");  // as another boot of a container does
  CHECK(world.boot()->run_token != boot->run_token);
}

TEST_CASE("a systemd that does not count soft reboots has had none", "[host]") {
  World world;
  CHECK(world.boot()->soft_reboots == 0);
}

TEST_CASE("a boot that cannot be told from others is an error, not a guess", "[host]") {
  World world;
  SECTION("systemd does not answer") {
    world.systemctl("echo 'Failed to connect to bus' >&2; exit 1");
    CHECK_THAT(world.boot().error().message, ContainsSubstring("Failed to connect to bus"));
  }
  SECTION("systemctl hangs") {
    world.systemctl("sleep 300");
    const auto begun = std::chrono::steady_clock::now();
    CHECK(world.boot().error().code == Errc::unavailable);
    CHECK(std::chrono::steady_clock::now() - begun < 5s);
  }
  SECTION("it says something else") {
    world.systemctl("echo many");
    CHECK(world.boot().error().code == Errc::corrupt);
  }
  SECTION("the token is not what we wrote") {
    world.directory.write("run/boot-token", "");
    CHECK(world.boot().error().code == Errc::corrupt);
  }
  SECTION("there is no boot id") {
    world.places.boot_id = world.directory / "nothing";
    CHECK(world.boot().error().code == Errc::io);
  }
}

TEST_CASE("what was asked once of a boot is not asked again", "[host]") {
  World world;
  LinuxHost host(world.profiles, world.loop, world.places);
  const auto boot = host.boot();
  REQUIRE(boot);
  world.systemctl("exit 1");
  CHECK(*host.boot() == *boot);
}

TEST_CASE("disks are synced where there is something, and what is missing is no error", "[host]") {
  World world;
  world.places.on_disk = {world.directory.path(), world.directory / "bin", "/nowhere"};
  LinuxHost host(world.profiles, world.loop, world.places);
  CHECK(host.sync_disks());
  world.places.on_disk = {world.directory / "boot_id"};
  LinuxHost other(world.profiles, world.loop, world.places);
  CHECK_FALSE(other.sync_disks());
}

TEST_CASE("the running binary is pinned by a drop-in, and unpinned without a trace", "[host]") {
  World world;
  LinuxHost host(world.profiles, world.loop, world.places);
  REQUIRE(host.pin_activator());
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  CHECK(world.drop_in() == "[Service]\nExecStart=\nExecStart=\"" + self + "\" serve\n");
  REQUIRE(host.pin_activator());
  host.unpin_activator();
  CHECK_FALSE(std::filesystem::exists(world.places.pin.drop_ins));
  CHECK_FALSE(std::filesystem::exists(world.places.pin.copy));
  host.unpin_activator();
}

TEST_CASE("a store is there once there is something in it", "[host]") {
  World world;
  LinuxHost host(world.profiles, world.loop, world.places);
  CHECK_FALSE(host.has_store());
  std::filesystem::create_directory(world.places.store);
  CHECK_FALSE(host.has_store());
  world.directory.write("store/app", "");
  CHECK(host.has_store());
}

TEST_CASE("a drop-in of somebody else stays", "[host]") {
  World world;
  world.directory.write("systemd/switchback-activator.service.d/90-mine.conf", "[Service]\n");
  LinuxHost host(world.profiles, world.loop, world.places);
  REQUIRE(host.pin_activator());
  host.unpin_activator();
  CHECK(std::filesystem::exists(world.places.pin.drop_ins + "/90-mine.conf"));
}

TEST_CASE("a binary in the store is held against garbage collection too", "[host]") {
  const PrivateStore store;
  World world;
  const std::string store_path = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-switchback-1";
  std::filesystem::create_directories(store_path + "/bin");
  std::filesystem::copy_file("/bin/true", store_path + "/bin/activator");
  world.places.pin.executable = world.directory / "exe";
  std::filesystem::create_symlink(store_path + "/bin/activator", world.places.pin.executable);
  LinuxHost host(world.profiles, world.loop, world.places);
  REQUIRE(host.pin_activator());
  CHECK_THAT(world.drop_in(), ContainsSubstring(store_path + "/bin/activator"));
  const auto root = world.directory / "nix/gcroots/switchback/activator";
  CHECK(std::filesystem::read_symlink(root) == store_path);
  host.unpin_activator();
  CHECK_FALSE(std::filesystem::is_symlink(root));
}

TEST_CASE("a binary that was replaced while it ran is kept as a copy that runs", "[host]") {
  World world;
  const auto program = world.directory / "program";
  std::filesystem::copy_file("/bin/sleep", program);
  Process running({program, "300"});
  run_until(world.loop, "the program to be executed", [&] {
    return std::filesystem::read_symlink("/proc/" + std::to_string(running.pid()) + "/exe") == program;
  });
  world.places.pin.executable = "/proc/" + std::to_string(running.pid()) + "/exe";
  std::filesystem::remove(program);
  SECTION("its name is gone") {}
  SECTION("another has its name") { world.directory.write("program", "another"); }
  LinuxHost host(world.profiles, world.loop, world.places);
  REQUIRE(host.pin_activator());
  CHECK(world.drop_in() == "[Service]\nExecStart=\nExecStart=\"" + world.places.pin.copy + "\" serve\n");
  CHECK(run_command({world.places.pin.copy, "0"}).status == 0);
  host.unpin_activator();
  CHECK_FALSE(std::filesystem::exists(world.places.pin.copy));
}

TEST_CASE("a path is one word of a command line, whatever is in it", "[host]") {
  CHECK(exec_word("/usr/bin/switchback-activator") == "\"/usr/bin/switchback-activator\"");
  CHECK(exec_word("/a b/100%/\"q\"\\") == "\"/a b/100%%/\\\"q\\\"\\\\\"");
}

TEST_CASE("the host has a name", "[host]") {
  World world;
  CHECK_FALSE(LinuxHost(world.profiles, world.loop, world.places).name().empty());
}

TEST_CASE("units that systemd can load pass, whatever else is strange about them", "[host]") {
  World world;
  const auto verified = world.verify({{"web.service",
                                       "[Unit]\nX-Foo=1\nFoo=2\nRequires=elsewhere.service\n"
                                       "[Service]\nExecStart=/nowhere/web\n"},
                                      {"web@.service", "[Service]\nExecStart=/bin/echo %i\n"},
                                      {"api.socket", "[Socket]\nListenStream=/run/api.sock\n"}});
  INFO((verified ? "" : verified.error().message));
  CHECK(verified);
}

TEST_CASE("units that systemd cannot load are refused, each with the reason", "[host]") {
  World world;
  const auto verified = world.verify({{"fine.service", "[Service]\nExecStart=/bin/true\n"},
                                      {"web.service", "[Service]\nType=simple\n"},
                                      {"junk@.service", "this is no unit\n"},
                                      {"t.timer", "[Timer]\nOnCalendar=whenever\n"}});
  REQUIRE_FALSE(verified);
  CHECK(verified.error().code == Errc::invalid_closure);
  CHECK_THAT(verified.error().message, ContainsSubstring("web.service: Service has no ExecStart="));
  CHECK_THAT(verified.error().message, ContainsSubstring("junk@.service:1: Assignment outside of section"));
  CHECK_THAT(verified.error().message, ContainsSubstring("whenever"));
  CHECK_THAT(verified.error().message, !ContainsSubstring("fine.service"));
}

TEST_CASE("a unit of the closure is seen by the others of it", "[host]") {
  World world;
  CHECK(world.verify({{"api.socket", "[Socket]\nListenStream=/run/api.sock\n"},
                      {"api.service", "[Unit]\nRequires=db.service\n[Service]\nExecStart=/bin/true\n"},
                      {"db.service", "[Service]\nExecStart=/bin/true\n"}}));
}

TEST_CASE("units that could not be verified are not said to be wrong", "[host]") {
  World world;
  const auto verified = [&](const std::string& script) {
    world.program("systemd-analyze", script);
    return world.verify({{"web.service", "[Service]\nExecStart=/bin/true\n"}});
  };
  for (const char* script : {"kill -KILL $$", "exit 1"}) {
    const auto answer = verified(script);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::unavailable);
  }
  CHECK_THAT(verified("kill -KILL $$").error().message, ContainsSubstring("killed by signal 9"));
}
