// SPDX-License-Identifier: MIT
// The stand-in for a NixOS host itself, without the product: what its boot loader brings up, and when its
// installer fails.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Makes it a generation of the profile, as an administrator does; its boot entry is not written.
void add_generation(TestHost& host, const std::string& system) {
  host.copy_closure(system);
  host.output_of("nix-env --profile /nix/var/nix/profiles/system --set " + system);
}

/// A generation with a boot entry, while the default stays what it is.
std::string with_entry(NixosHost& nixos, const NixosClosure& closure) {
  auto system = closure.build(nixos.host.pusher());
  add_generation(nixos.host, system);
  nixos.host.output_of(nixos.first + "/bin/install-boot-loader " + nixos.first);
  return system;
}

CommandResult boot_once(TestHost& host, const std::string& words) {
  return host.run("/etc/switchback/boot-once " + words);
}

void check_booted(TestHost& host, const std::string& system) {
  CHECK(booted_system(host) == system);
  CHECK(host.output_of("readlink /run/current-system") == system);
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
}

}  // namespace

TEST_CASE("the stand-in boots a one-shot once, and its default before and after", "[standin]") {
  NixosHost nixos;
  auto& host = nixos.host;
  check_booted(host, nixos.first);
  const auto second = with_entry(nixos, web_system("two"));
  const auto third = with_entry(nixos, web_system("three"));
  CHECK(boot_once(host, "check").status == 0);
  REQUIRE(boot_once(host, "set " + second).status == 0);
  CHECK(one_shot(host) == second);
  CHECK(boot_entry(host) == nixos.first);
  host.reboot();
  check_booted(host, second);
  CHECK(one_shot(host).empty());
  host.reboot();
  check_booted(host, nixos.first);
  host.output_of(third + "/bin/switch-to-configuration boot");
  host.reboot();
  check_booted(host, third);
}

TEST_CASE("what the stand-in crashes in as a one-shot is not booted again", "[standin]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const std::string hangs = "touch /run/hangs; exec sleep infinity";
  const bool broken = GENERATE(false, true);
  const auto bad = with_entry(
      nixos, broken ? web_system("bad").without_activation() : web_system("bad").activates("hang", hangs));
  REQUIRE(boot_once(host, "set " + bad).status == 0);
  host.run("systemctl --no-block reboot");
  REQUIRE(host.wait_until_off());
  CHECK_THROWS(host.boot_again(std::chrono::seconds(10)));
  REQUIRE(host.on());
  CHECK(host.exists("/run/hangs") == !broken);
  CHECK_FALSE(host.exists("/run/booted-system"));
  CHECK_FALSE(host.exists("/run/systemd/units/invocation:web.service"));
  host.crash();
  host.boot_again();
  check_booted(host, nixos.first);
}

TEST_CASE("a one-shot whose entry is gone, or that was taken back, is no one-shot", "[standin]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = with_entry(nixos, web_system("two"));
  REQUIRE(boot_once(host, "set " + second).status == 0);
  SECTION("taken back, which can be done twice") {
    CHECK(boot_once(host, "clear").status == 0);
    CHECK(boot_once(host, "clear").status == 0);
  }
  SECTION("its entry is gone") { host.output_of("rm /boot/loader/entries/nixos-generation-2.conf"); }
  CHECK(one_shot(host).empty());
  host.reboot();
  check_booted(host, nixos.first);
  CHECK_FALSE(host.exists("/boot/loader/oneshot"));
}

TEST_CASE("boot-once says why it cannot", "[standin]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").build(host.pusher());
  const auto result = boot_once(host, "set " + second);
  CHECK(result.status == 1);
  CHECK_THAT(result.err, ContainsSubstring("no boot entry runs " + second));
  CHECK(one_shot(host).empty());
  host.output_of("rm /boot/loader/loader.conf");
  CHECK_THAT(boot_once(host, "check").err, ContainsSubstring("there is no boot loader"));
}

TEST_CASE("the stand-in's boot partition outlives a crash, gets full and can be read-only", "[standin]") {
  NixosHost nixos;
  auto& host = nixos.host;
  give_boot_partition(host, 64);
  check_booted(host, nixos.first);
  const auto big = web_system("big").kernel(128).build(host.pusher());
  add_generation(host, big);
  const auto full = host.run(big + "/bin/install-boot-loader " + big);
  CHECK(full.status == 1);
  CHECK_THAT(full.err, ContainsSubstring("No space left on device"));
  CHECK(boot_entry(host) == nixos.first);
  host.output_of("nix-env --profile /nix/var/nix/profiles/system --rollback && " +
                 std::string("nix-env --profile /nix/var/nix/profiles/system --delete-generations 2 && ") +
                 nixos.first + "/bin/install-boot-loader " + nixos.first);
  host.output_of("echo kept >/boot/kept; mount -o remount,ro /boot");
  const auto fixed = host.run(nixos.first + "/bin/install-boot-loader " + nixos.first);
  CHECK(fixed.status == 1);
  CHECK_THAT(fixed.err, ContainsSubstring("Read-only file system"));
  CHECK_THAT(boot_once(host, "check").err, ContainsSubstring("cannot be written to"));
  host.crash();
  host.boot_again();
  check_booted(host, nixos.first);
  CHECK(host.read_file("/boot/kept") == "kept\n");
}

TEST_CASE("the stand-in's installer fails because of a generation that is not its own", "[standin]") {
  NixosHost nixos;
  auto& host = nixos.host;
  SECTION("which it cannot read: nothing is done") {
    add_generation(host, web_system("bad").boot_specification("{").build(host.pusher()));
    const auto second = web_system("two").build(host.pusher());
    add_generation(host, second);
    const auto result = host.run(second + "/bin/install-boot-loader " + second);
    CHECK(result.status == 1);
    CHECK_THAT(result.err, ContainsSubstring("system-2-link/boot.json"));
    CHECK(boot_entry(host) == nixos.first);
  }
  SECTION("whose kernel is not there: an older one is the default by then") {
    const auto second = with_entry(nixos, web_system("two"));
    add_generation(host, web_system("bad")
                             .boot_specification(R"({"org.nixos.bootspec.v1": {"init": "@out@/init", )"
                                                 R"("kernel": "@out@/kernel"}})")
                             .build(host.pusher()));
    const auto result = host.run(second + "/bin/install-boot-loader " + second);
    CHECK(result.status == 1);
    CHECK_THAT(result.err, ContainsSubstring("/kernel"));
    CHECK(boot_entry(host) == second);
  }
}
