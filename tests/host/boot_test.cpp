// SPDX-License-Identifier: MIT
// NixOS systems that are booted into, on a stand-in for a NixOS host that really boots from the entry which
// its boot loader picks.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct BootHost : NixosHost {
  std::string second;
  explicit BootHost(const NixosClosure& next = web_system("two")) : second(next.build(host.pusher())) {}

  CommandResult deploy(const std::vector<std::string>& more) { return deploy_system(host, second, more); }
  /// Makes the next boot one of `second`, and boots it.
  void boot(const std::vector<std::string>& more = {}) {
    std::vector<std::string> options{"--boot"};
    options.insert(options.end(), more.begin(), more.end());
    expect(deploy(options), 0, "the next boot runs it, and that boot alone");
    CHECK(one_shot(host) == second);
    CHECK(boot_entry(host) == first);
    CHECK(host.output_of("readlink /run/current-system") == first);
    CHECK(host.output_of("readlink -f /nix/var/nix/profiles/system") == first);
    host.reboot();
    CHECK(booted_system(host) == second);
  }
  /// The old system runs, is booted, and would be again; nothing of the new one is left.
  void check_old() {
    await_rest(host);
    CHECK(generations(host) == "system-1-link");
    CHECK(boot_entries(host) == "nixos-generation-1.conf");
    check_system(host, first);
    CHECK(booted_system(host) == first);
    CHECK(one_shot(host).empty());
  }
};

/// Takes the boot that the host has asked for.
void take_reboot(TestHost& host) {
  CHECK(host.wait_until_off(std::chrono::seconds(120)));
  host.boot_again();
}

const std::vector<std::string> kConfirm{"switchback", "confirm", "--host", "root@target"};

}  // namespace

TEST_CASE("the next boot alone runs the new system, and it stays when it is confirmed there", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  nixos.boot({"--boot-within", "600"});
  // It has come up by itself, and tells whoever joins.
  const auto watching = host.start_pusher({"switchback", "watch", "--host", "root@target"});
  watching->wait_for_output("somebody is to confirm it");
  CHECK(boot_entry(host) == nixos.first);
  CHECK(host.pusher(kConfirm).status == 0);
  CHECK(watching->wait() == 0);
  check_system(host, nixos.second);
  CHECK(one_shot(host).empty());
  host.reboot();
  check_system(host, nixos.second);
  CHECK(booted_system(host) == nixos.second);
}

TEST_CASE("a boot that is not confirmed is gone back from by another one", "[boot]") {
  BootHost nixos;
  nixos.boot({"--confirm-timeout", "15"});
  take_reboot(nixos.host);
  nixos.check_old();
  const auto outcome = last_outcome(nixos.host);
  CHECK(outcome.at("outcome") == "reverted");
  CHECK_THAT(causes(outcome), ContainsSubstring("no confirmation arrived"));
}

TEST_CASE("a power cut after the boot and before the confirm brings the old system back", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  nixos.boot();
  await_phase(host, "awaiting confirmation");
  host.crash();
  host.boot_again();
  nixos.check_old();
  CHECK_THAT(causes(last_outcome(host)), ContainsSubstring("went down before it was confirmed"));
}

TEST_CASE("a boot whose services fail is gone back from, though nobody looks on", "[boot]") {
  // It waits for a word of ours: the host is rebooted as soon as it has failed, and its boot is awaited
  // before.
  BootHost nixos(NixosClosure("bad").wanted(
      "web.service", service_running("mkfifo /run/go && read word </run/go; echo no table users >&2; exit 7",
                                     "Type=exec\nRestart=no")));
  nixos.boot({"--confirm", "none", "--soak", "60"});
  nixos.host.output_of("timeout 30 sh -c 'echo fail >/run/go'");
  take_reboot(nixos.host);
  nixos.check_old();
  const auto told = causes(last_outcome(nixos.host));
  CHECK_THAT(told, ContainsSubstring("web.service exited with status 7"));
  CHECK_THAT(told, ContainsSubstring("no table users"));
}

TEST_CASE("a system that does not come up at all is left by the next boot", "[boot]") {
  BootHost nixos(web_system("dead").without_activation());
  auto& host = nixos.host;
  expect(nixos.deploy({"--boot"}), 0, "the next boot runs it");
  host.run("systemctl --no-block reboot");
  REQUIRE(host.wait_until_off());
  CHECK_THROWS(host.boot_again(std::chrono::seconds(10)));
  CHECK_FALSE(host.exists("/run/booted-system"));
  host.crash();
  host.boot_again();
  nixos.check_old();
  CHECK_THAT(causes(last_outcome(host)), ContainsSubstring("came up with the old closure"));
}

TEST_CASE("a boot that is waited for is taken back by a cancel, and by the end of its time", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  SECTION("cancelled") {
    expect(nixos.deploy({"--boot"}), 0, "the next boot runs it");
    expect(verb(host, "status"), 0, "awaiting boot");
    expect(nixos.deploy({}), 6, "awaiting boot");
    CHECK(host.pusher({"switchback", "cancel", "--host", "root@target"}).status == 0);
  }
  SECTION("not booted in time") {
    expect(nixos.deploy({"--boot", "--boot-within", "2"}), 0, "the next boot runs it");
  }
  nixos.check_old();
  CHECK(last_outcome(host).at("outcome") == "reverted");
  host.reboot();
  nixos.check_old();
}

TEST_CASE("what somebody else puts in place while a boot is waited for is what is booted", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  const auto third = web_system("three").build(host.pusher());
  host.copy_closure(third);
  expect(nixos.deploy({"--boot"}), 0, "the next boot runs it");
  REQUIRE(one_shot(host) == nixos.second);
  // As nixos-rebuild boot does it.
  host.output_of("nix-env --profile /nix/var/nix/profiles/system --set " + third + " && " + third +
                 "/bin/switch-to-configuration boot");
  await_rest(host);
  const auto outcome = last_outcome(host);
  CHECK(outcome.at("outcome") == "superseded");
  CHECK_THAT(causes(outcome), ContainsSubstring("a boot starts " + third));
  CHECK(one_shot(host).empty());
  CHECK(boot_entry(host) == third);
  CHECK(generations(host) == "system-1-link system-3-link");
  host.reboot();
  CHECK(booted_system(host) == third);
  check_system(host, third);
}

TEST_CASE("with --reboot the host is rebooted, waited for, and confirmed by the command", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  const auto before = host.boot_id();
  const auto process = host.start_pusher(deploy_to("system", nixos.second, {"--boot", "--reboot"}));
  process->wait_for_output("it reboots");
  take_reboot(host);
  CHECK(process->wait(std::chrono::seconds(90)) == 0);
  CHECK(host.boot_id() != before);
  check_system(host, nixos.second);
  CHECK(booted_system(host) == nixos.second);
}

TEST_CASE("a switch that needs a reboot gets it with --reboot, and is reverted without", "[boot]") {
  BootHost nixos(web_system("other-init").init_interface_version("systemd 3"));
  auto& host = nixos.host;
  expect(nixos.deploy({}), 3, "only a reboot");
  nixos.check_old();
  const auto process = host.start_pusher(deploy_to("system", nixos.second, {"--reboot"}));
  process->wait_for_output("it reboots");
  take_reboot(host);
  CHECK(process->wait(std::chrono::seconds(90)) == 0);
  check_system(host, nixos.second);
  CHECK(booted_system(host) == nixos.second);
}

TEST_CASE("a switch that needs no reboot gets none with --reboot", "[boot]") {
  BootHost nixos;
  const auto before = nixos.host.boot_id();
  expect(nixos.deploy({"--reboot"}), 0, "committed");
  CHECK(nixos.host.boot_id() == before);
  check_system(nixos.host, nixos.second);
}

TEST_CASE("a host that does not come back from its reboot ends with 7, and what will become of it",
          "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  const auto process = host.start_pusher(deploy_to(
      "system", nixos.second, {"--boot", "--reboot", "--reboot-timeout", "5", "--confirm-timeout", "20"}));
  process->wait_for_output("it reboots");
  CHECK(host.wait_until_off(std::chrono::seconds(60)));
  CHECK(process->wait(std::chrono::seconds(60)) == 7);
  CHECK_THAT(process->err(), ContainsSubstring("has not come back from its reboot within 5 s"));
  CHECK_THAT(process->err(), ContainsSubstring("boot after that one is of the old system"));
  // And so it is.
  host.boot_again();
  CHECK(booted_system(host) == nixos.second);
  take_reboot(host);
  nixos.check_old();
}

TEST_CASE("a boot loader that cannot be told is refused before anything changes", "[boot]") {
  BootHost nixos;
  nixos.host.output_of("rm /etc/switchback/boot-once");
  const auto result = nixos.deploy({"--boot"});
  expect(result, 1, "supported are systemd-boot");
  expect(result, 1, "GRUB");
  check_system(nixos.host, nixos.first);
}

TEST_CASE("a boot of units is refused, and one of a script is run at once with a warning", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  deploys(host, web(host, "web-1"), {"--boot"}, 1, "Deploy it without --boot");
  const auto script = Closure("app")
                          .file("deploy-rs-activate", "#!/bin/sh\necho \"BOOT is $BOOT\" >/run/script-ran\n")
                          .build(host.pusher());
  deploys(host, script, {"--boot", "--confirm", "none"}, 0, "a boot takes nothing of it back");
  CHECK(host.read_file("/run/script-ran") == "BOOT is 1\n");
}

TEST_CASE("a test of a system is gone with a reboot", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  expect(nixos.deploy({"--test"}), 0, "the test runs until");
  CHECK(host.output_of("readlink /run/current-system") == nixos.second);
  host.reboot();
  nixos.check_old();
  CHECK_THAT(causes(last_outcome(host)), ContainsSubstring("went down during the test"));
}

TEST_CASE("a rollback is booted into as a deployment is", "[boot]") {
  BootHost nixos;
  auto& host = nixos.host;
  expect(nixos.deploy({}), 0, "committed");
  await_rest(host);
  expect(verb(host, "rollback", {"--profile", "system", "--boot", "--soak", "1"}), 0,
         "the next boot runs it");
  CHECK(one_shot(host) == nixos.first);
  host.reboot();
  await_phase(host, "awaiting confirmation");
  CHECK(host.pusher(kConfirm).status == 0);
  check_system(host, nixos.first);
  CHECK(host.output_of("readlink /nix/var/nix/profiles/system") == "system-1-link");
}
