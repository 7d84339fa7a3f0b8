// SPDX-License-Identifier: MIT
// Commits of NixOS systems that come to nothing: the boot loader cannot be written, or the host or the
// activator goes down meanwhile. On a stand-in for a NixOS host.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Ends the installer of the boot loader here, the first time that it comes to this.
constexpr const char* kHangsOnce =
    "[ -e /var/lib/hung ] || { touch /var/lib/hung; sync; exec sleep infinity; }";

/// A system whose installer of the boot loader is the one that `nixos` began with, between other lines.
NixosClosure installing(const NixosHost& nixos, const std::string& name, const std::string& before,
                        const std::string& after) {
  return web_system(name).program("bin/install-boot-loader",
                                  before + "\n" + nixos.first + "/bin/install-boot-loader \"$@\"\n" + after);
}

/// A generation before the one that runs, which nobody deployed.
void add_generation_beside(TestHost& host, const std::string& system) {
  const std::string profile = "nix-env --profile /nix/var/nix/profiles/system ";
  host.copy_closure(system);
  host.output_of(profile + "--set " + system + " && " + profile + "--rollback");
}

void fill_boot(TestHost& host) { host.run("cat /dev/zero >/boot/filler"); }

void check_told(const CommandResult& result, int status, const std::string& says) {
  INFO(result.out << result.err);
  CHECK(result.status == status);
  CHECK_THAT(result.out + result.err, ContainsSubstring(says));
}

void check_reverted(TestHost& host, const std::string& system) {
  check_system(host, system);
  CHECK(last_outcome(host).at("outcome") == "reverted");
}

}  // namespace

TEST_CASE("a kernel for which the boot partition has no room is not committed", "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  give_boot_partition(host, 64);
  const auto second = web_system("two").kernel(128).build(host.pusher());
  check_told(deploy_system(host, second), 3, "No space left on device");
  check_reverted(host, nixos.first);
  host.reboot();
  check_system(host, nixos.first);
}

TEST_CASE("a boot partition that cannot be written to keeps the old entry, and all else is set back",
          "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  give_boot_partition(host, 64);
  const auto second = web_system("two").build(host.pusher());
  std::string says;
  SECTION("it is full") {
    fill_boot(host);
    says = "No space left on device";
  }
  SECTION("it is read-only") {
    host.output_of("mount -o remount,ro /boot");
    says = "Read-only file system";
  }
  const auto result = deploy_system(host, second);
  check_told(result, 3, says);
  check_told(result, 3, "the default boot entry is the old one still");
  check_reverted(host, nixos.first);
  host.output_of("mount -o remount,rw /boot; rm -f /boot/filler");
  check_told(deploy_system(host, second), 0, "committed");
  check_system(host, second);
}

TEST_CASE("another generation that stops the installer of the boot loader is named, and nothing is committed",
          "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  SECTION("before it has written anything") {
    add_generation_beside(host, web_system("bad").boot_specification("{").build(host.pusher()));
    check_told(deploy_system(host, web_system("two").build(host.pusher())), 3, "system-2-link/boot.json");
    check_reverted(host, nixos.first);
  }
  SECTION("when it has changed the default already") {
    const auto second = web_system("two").build(host.pusher());
    check_told(deploy_system(host, second), 0, "committed");
    add_generation_beside(host,
                          web_system("bad")
                              .boot_specification(R"({"org.nixos.bootspec.v1": )"
                                                  R"({"init": "@out@/init", "kernel": "@out@/kernel"}})")
                              .build(host.pusher()));
    const auto back =
        verb(host, "rollback", {"--profile", "system", "--soak", "1", "--confirm-timeout", "10"});
    check_told(back, 3, "/kernel': No such file or directory");
    check_reverted(host, second);
  }
}

TEST_CASE("a boot entry that was written and cannot be set back is told, with what a boot would start",
          "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  give_boot_partition(host, 64);
  const auto bad = installing(nixos, "bad", "", "mount -o remount,ro /boot; echo it breaks here >&2; exit 1")
                       .build(host.pusher());
  const auto result = deploy_system(host, bad);
  check_told(result, 4, "it breaks here");
  check_told(result, 4, "a boot would start " + bad);
  check_rest(host);
  CHECK(last_outcome(host).at("outcome") == "revert failed");
  CHECK(host.output_of("readlink /run/current-system") == nixos.first);
  CHECK(host.output_of("readlink -f /nix/var/nix/profiles/system") == nixos.first);
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
  CHECK(boot_entry(host) == bad);
}

TEST_CASE("a program that says at the commit that only a reboot helps has committed nothing",
          "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto bad = web_system("bad").exits("boot", 100).build(host.pusher());
  check_told(deploy_system(host, bad), 3, "exit status 100");
  check_reverted(host, nixos.first);
  CHECK(generations(host) == "system-1-link");
  CHECK(boot_entries(host) == "nixos-generation-1.conf");
}

TEST_CASE("a host that goes down between profile and boot entry boots the old system, and keeps it",
          "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  std::string installer;
  SECTION("when nothing of the entry is written") {
    installer = std::string(kHangsOnce) + "\n" + nixos.first + "/bin/install-boot-loader \"$@\"";
  }
  SECTION("when the entry is written, and not the default") {
    installer =
        "cp /boot/loader/loader.conf /run/before\n" + nixos.first +
        "/bin/install-boot-loader \"$@\"\n[ -e /var/lib/hung ] || cp /run/before /boot/loader/loader.conf\n" +
        kHangsOnce;
  }
  const auto second = web_system("two").program("bin/install-boot-loader", installer).build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", second));
  host.wait_for("test -e /var/lib/hung", std::chrono::seconds(60));
  REQUIRE(host.output_of("readlink -f /nix/var/nix/profiles/system") == second);
  REQUIRE(boot_entry(host) == nixos.first);
  host.crash();
  process->kill_all();
  host.boot_again();
  CHECK(booted_system(host) == nixos.first);
  await_rest(host);
  check_reverted(host, nixos.first);
  CHECK_THAT(causes(last_outcome(host)), ContainsSubstring("the host went down while it committed"));
}

TEST_CASE("a host that goes down when the boot entry is written boots the new system, and commits it",
          "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = installing(nixos, "two", "", kHangsOnce).build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", second));
  host.wait_for("test -e /var/lib/hung", std::chrono::seconds(60));
  REQUIRE(boot_entry(host) == second);
  host.crash();
  process->kill_all();
  host.boot_again();
  CHECK(booted_system(host) == second);
  await_rest(host);
  check_system(host, second);
  CHECK(last_outcome(host).at("outcome") == "committed");
}

TEST_CASE("an activator that is killed between profile and boot entry writes the entry, and commits",
          "[nixos-commit]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const bool written = GENERATE(false, true);
  const auto second =
      installing(nixos, "two", written ? "" : kHangsOnce, written ? kHangsOnce : "").build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", second));
  host.wait_for("test -e /var/lib/hung", std::chrono::seconds(60));
  host.output_of("systemctl kill -s KILL switchback-activator.service");
  CHECK(process->wait(std::chrono::seconds(90)) == 0);
  check_system(host, second);
  CHECK(last_outcome(host).at("outcome") == "committed");
}
