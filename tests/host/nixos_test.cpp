// SPDX-License-Identifier: MIT
// NixOS systems, on a stand-in for a NixOS host: tried by their own switch-to-configuration, and permanent at
// the commit alone.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A script that begins and does not end.
constexpr const char* kHangs = "echo it hangs; exec sleep infinity";

void check_told(const CommandResult& result, int status, const std::string& says) {
  INFO(result.out << result.err);
  CHECK(result.status == status);
  CHECK_THAT(result.out + result.err, ContainsSubstring(says));
}

}  // namespace

TEST_CASE("a system is tried first, and its profile and boot entry change at the commit alone", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  check_system(host, nixos.first);
  const auto second = web_system("two").build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", second, {"--confirm", "manual"}));
  await_phase(host, "awaiting confirmation");
  CHECK(host.output_of("readlink /run/current-system") == second);
  CHECK(host.output_of("readlink -f /nix/var/nix/profiles/system") == nixos.first);
  CHECK(boot_entry(host) == nixos.first);
  CHECK(host.pusher({"switchback", "confirm", "--host", "root@target"}).status == 0);
  CHECK(process->wait() == 0);
  check_system(host, second);
  host.reboot();
  check_system(host, second);
}

TEST_CASE("a switch that fails is taken back by the old system's own program", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  for (const int status : {1, 101}) {
    const auto bad = web_system("bad").exits("test", status).build(host.pusher());
    check_told(deploy_system(host, bad), 3, "exit status " + std::to_string(status));
    check_system(host, nixos.first);
  }
  const auto other_init = web_system("other-init").init_interface_version("systemd 3").build(host.pusher());
  check_told(deploy_system(host, other_init), 3, "only a reboot");
  check_system(host, nixos.first);
  const auto half =
      web_system("half").activates("users", "echo no such group >&2; exit 3").build(host.pusher());
  check_told(deploy_system(host, half), 3, "the activation script failed");
  await_rest(host);
  CHECK_THAT(host.output_of("journalctl -o cat SWITCHBACK_ACTIVATION=$(ls -t /var/lib/switchback/history | "
                            "head -1 | grep -o '[0-9a-f]\\{32\\}')"),
             ContainsSubstring("no such group"));
  check_system(host, nixos.first);
}

TEST_CASE("a unit that had failed before speaks against nothing, though NixOS counts it", "[nixos]") {
  const auto with_old_failure = [](const std::string& name) {
    return web_system(name).wanted(
        "old.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo old trouble; exit 1'\n");
  };
  NixosHost nixos(with_old_failure("one"));
  auto& host = nixos.host;
  REQUIRE(host.unit_property("old.service", "ActiveState") == "failed");
  const auto second = with_old_failure("two").build(host.pusher());
  check_told(deploy_system(host, second), 0, "exit status 4");
  check_system(host, second);
}

TEST_CASE("a service that the new system breaks is reverted, with its own words on the screen", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  SECTION("while it switches") {
    const auto bad =
        NixosClosure("bad")
            .wanted("web.service", service_running("echo no table users >&2; exit 7", "Type=exec"))
            .build(host.pusher());
    const auto result = deploy_system(host, bad);
    check_told(result, 3, "exited with status 7");
    check_told(result, 3, "no table users");
  }
  SECTION("after the switch, when NixOS has stopped to look") {
    const auto bad = NixosClosure("bad")
                         .wanted("web.service", service_running("sleep 3; echo no table users >&2; exit 7"))
                         .build(host.pusher());
    const auto result = deploy_system(host, bad, {"--soak", "6"});
    check_told(result, 3, "exited with status 7");
    check_told(result, 3, "no table users");
  }
  check_system(host, nixos.first);
}

TEST_CASE("a switch that hangs is killed at the deadline, and the next one does not go on with it",
          "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  SECTION("in its activation script") {
    // Going on with it would start a socket that the old system has not.
    const auto bad = web_system("bad")
                         .wanted("web.socket", "[Socket]\nListenStream=/run/web.sock\n", "sockets.target")
                         .activates("hang", kHangs)
                         .build(host.pusher());
    check_told(deploy_system(host, bad, {"--activation-timeout", "8"}), 3, "did not end in time");
    CHECK_THAT(host.read_file("/run/nixos/start-list.set-aside"), ContainsSubstring("web.socket"));
  }
  SECTION("waiting for a job of a service that never gets ready") {
    const auto bad = NixosClosure("bad")
                         .wanted("web.service", service_running("exec sleep infinity",
                                                                "Type=notify\nTimeoutStartSec=infinity"))
                         .build(host.pusher());
    check_told(deploy_system(host, bad, {"--activation-timeout", "8"}), 3, "web.service (activating)");
  }
  check_system(host, nixos.first);
}

TEST_CASE("what the bad system broke runs again, also what the old one's program passes over", "[nixos]") {
  // Wanted by no target: it was started by hand, and one that has failed is in no plan of NixOS's.
  NixosHost nixos(web_system("one").unit("by-hand.service", service("by hand")));
  auto& host = nixos.host;
  host.output_of("systemctl start by-hand.service");
  const auto bad =
      web_system("bad").unit("by-hand.service", service_running("exit 7", "Type=exec")).build(host.pusher());
  check_told(deploy_system(host, bad), 3, "by-hand.service");
  CHECK(host.unit_property("by-hand.service", "ActiveState") == "active");
  check_system(host, nixos.first);
}

TEST_CASE("somebody else's switch under way is waited for by a person: refused, and who it is", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  host.output_of(
      "mkdir -p /run/nixos && systemd-run --quiet --unit=somebody flock --no-fork "
      "/run/nixos/switch-to-configuration.lock sleep infinity");
  host.wait_for("! flock --nonblock /run/nixos/switch-to-configuration.lock true");
  const auto pid = host.unit_property("somebody.service", "MainPID");
  const auto result = deploy_system(host, web_system("two").build(host.pusher()));
  check_told(result, 1, "process " + pid + " (sleep)");
  check_system(host, nixos.first);
}

TEST_CASE("somebody else's switch is waited for by a revert, not fought", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", second, {"--confirm", "manual"}));
  await_phase(host, "awaiting confirmation");
  host.output_of(
      "echo web.socket >/run/nixos/start-list; systemd-run --quiet --unit=somebody flock --no-fork "
      "/run/nixos/switch-to-configuration.lock sleep infinity");
  host.wait_for("! flock --nonblock /run/nixos/switch-to-configuration.lock true");
  CHECK(host.pusher({"switchback", "cancel", "--host", "root@target"}).status == 0);
  process->wait_for_output("which is switching this host");
  CHECK(host.exists("/run/nixos/start-list"));
  host.output_of("rm /run/nixos/start-list; systemctl stop somebody.service");
  CHECK(process->wait() == 3);
  check_system(host, nixos.first);
}

TEST_CASE("an old system whose activation script fails is gone back to all the same", "[nixos]") {
  NixosHost nixos(web_system("one").activates("flaky", "exit 3"));
  auto& host = nixos.host;
  const auto bad = web_system("bad").activates("flaky", "exit 3").build(host.pusher());
  check_told(deploy_system(host, bad), 3, "the activation script failed");
  check_system(host, nixos.first);
}

TEST_CASE("a host that goes down in the trial of a system boots the old one", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").wanted("new.service", service("new")).build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", second, {"--soak", "60"}));
  await_phase(host, "observing");
  REQUIRE(host.output_of("readlink /run/current-system") == second);
  host.crash();
  process->kill_all();
  host.boot_again();
  await_rest(host);
  check_system(host, nixos.first);
  CHECK(host.unit_property("new.service", "LoadState") == "not-found");
  const auto outcome = last_outcome(host);
  CHECK(outcome.at("outcome") == "reverted");
  CHECK_THAT(causes(outcome), ContainsSubstring("the host went down"));
}

TEST_CASE("an activator that is killed while a system switches kills that switch, then goes back",
          "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto slow = web_system("slow")
                        .activates("slow", "echo $$ >/run/switching; " + std::string(kHangs))
                        .build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", slow));
  host.wait_for("test -s /run/switching");
  host.output_of("systemctl kill -s KILL switchback-activator.service");
  CHECK(process->wait(std::chrono::seconds(90)) == 3);
  await_rest(host);
  CHECK(host.run("kill -0 $(cat /run/switching)").status != 0);
  CHECK_THAT(causes(last_outcome(host)), ContainsSubstring("restarted while it switched"));
  check_system(host, nixos.first);
}

TEST_CASE("a third system that somebody switches to meanwhile is left to them", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto third = web_system("three").build(host.pusher());
  host.copy_closure(third);
  const auto process =
      host.start_pusher(deploy_to("system", web_system("two").build(host.pusher()), {"--confirm", "manual"}));
  await_phase(host, "awaiting confirmation");
  host.output_of("nix-env --profile /nix/var/nix/profiles/system --set " + third + " && " + third +
                 "/bin/switch-to-configuration switch");
  const std::string verb = GENERATE("confirm", "cancel");
  const auto told = host.pusher({"switchback", verb, "--host", "root@target"});
  INFO(told.out << told.err);
  CHECK(process->wait() == 4);
  CHECK(last_outcome(host).at("outcome") == "superseded");
  check_system(host, third);
}

TEST_CASE("what a third system does not run does not speak against leaving the host to it", "[nixos]") {
  NixosHost nixos(web_system("one").wanted("old.service", service("old")));
  auto& host = nixos.host;
  const auto third = web_system("three").build(host.pusher());
  host.copy_closure(third);
  const auto two = web_system("two").wanted("old.service", service("old, of two")).build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", two, {"--confirm", "manual"}));
  await_phase(host, "awaiting confirmation");
  host.output_of("nix-env --profile /nix/var/nix/profiles/system --set " + third + " && " + third +
                 "/bin/switch-to-configuration switch");
  CHECK(process->wait() == 4);
  CHECK(last_outcome(host).at("outcome") == "superseded");
  check_system(host, third);
}

TEST_CASE("a host that goes down while it commits has the old system, or the new one with its boot entry",
          "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const std::string once =
      "[ -e /var/lib/went-down ] || { touch /var/lib/went-down; sync; exec sleep infinity; }";
  const std::string install = nixos.first + "/bin/install-boot-loader \"$@\"";
  const bool written = GENERATE(false, true);
  const auto second =
      web_system("two")
          .program("bin/install-boot-loader", written ? install + "\n" + once : once + "\n" + install)
          .build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", second));
  host.wait_for("test -e /var/lib/went-down", std::chrono::seconds(60));
  REQUIRE(host.output_of("readlink -f /nix/var/nix/profiles/system") == second);
  host.crash();
  process->kill_all();
  host.boot_again();
  await_rest(host);
  CHECK(last_outcome(host).at("outcome") == (written ? "committed" : "reverted"));
  check_system(host, written ? second : nixos.first);
}

TEST_CASE("a boot entry that cannot be written takes everything back", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto bad = web_system("bad").exits("boot", 1).build(host.pusher());
  check_told(deploy_system(host, bad), 3, "exit status 1");
  check_system(host, nixos.first);
}

TEST_CASE("what is built for another machine is refused before anything changes", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto system = web_system("two").system("aarch64-linux").build(host.pusher());
  check_told(deploy_system(host, system), 1, "aarch64");
  // e_machine of AArch64, little-endian: elf(5).
  const std::string elf = std::string(
                              "\x7f"
                              "ELF\2\1\1",
                              7) +
                          std::string(9, '\0') + "\2" + std::string(1, '\0') + "\xb7" + std::string(45, '\0');
  const auto units = Closure("web")
                         .file("bin/web", elf)
                         .file("lib/systemd/system/web-for-another.service",
                               "[Service]\nExecStart=-@out@/bin/web --serve\n"
                               "[Install]\nWantedBy=multi-user.target\n")
                         .build(host.pusher());
  check_told(deploy(host, units), 1, "aarch64");
  check_system(host, nixos.first);
}

TEST_CASE("deploy-rs's stock wrapper is committed as the system inside, any other script as it is",
          "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").build(host.pusher());
  const auto stock = deploy_rs_wrapper(host.pusher(), second);
  check_told(deploy_system(host, stock), 0, "committed");
  check_system(host, second);
}

TEST_CASE("a system that a wrapper of deploy-rs's had brought is gone on from", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").build(host.pusher());
  const auto wrapper = deploy_rs_wrapper(host.pusher(), second);
  host.copy_closure(wrapper);
  host.output_of("nix-env --profile /nix/var/nix/profiles/system --set " + wrapper +
                 " && cd /nix/var/nix/profiles/system && PROFILE=$PWD ./deploy-rs-activate");
  REQUIRE(boot_entry(host) == second);
  const auto third = web_system("three").build(host.pusher());
  check_told(deploy_system(host, web_system("bad").exits("test", 1).build(host.pusher())), 3,
             "exit status 1");
  CHECK(host.output_of("readlink /run/current-system") == second);
  CHECK(host.output_of("readlink -f /nix/var/nix/profiles/system") == wrapper);
  CHECK(boot_entry(host) == second);
  check_told(deploy_system(host, third), 0, "committed");
  check_system(host, third);
}

TEST_CASE("a system that brings no activator is judged to its end, and taken back", "[nixos]") {
  auto host = TestHost::boot();
  // As on NixOS the activator's units, and its program, come with the system.
  const std::string lib = "/usr/lib/systemd/system/";
  const auto first =
      web_system("one")
          .unit("switchback-activator.service", host.read_file(lib + "switchback-activator.service"))
          .wanted("switchback-activator.socket", host.read_file(lib + "switchback-activator.socket"),
                  "sockets.target")
          .activates("program", "cp /usr/lib/standin/switchback-activator /usr/bin/")
          .build(host.pusher());
  host.output_of("mkdir /usr/lib/standin; cp /usr/bin/switchback-activator /usr/lib/standin/; rm " + lib +
                 "switchback-activator.*");
  become_nixos(host, first);
  const auto without =
      web_system("two").activates("program", "rm /usr/bin/switchback-activator").build(host.pusher());
  const auto process = host.start_pusher(deploy_to("system", without));
  host.wait_for("test $(readlink /run/current-system) = " + without);
  CHECK(process->wait(std::chrono::seconds(90)) == 3);
  await_rest(host);
  CHECK(last_outcome(host).at("outcome") == "reverted");
  check_system(host, first);
}

TEST_CASE("a system is tested, rehearsed and rolled back", "[nixos]") {
  NixosHost nixos;
  auto& host = nixos.host;
  const auto second = web_system("two").build(host.pusher());
  host.copy_closure(second);
  SECTION("rehearsed: NixOS says what it would do, nothing changes") {
    auto rehearsal = change("system", second);
    rehearsal["mode"] = "dry-run";
    CHECK(activate(host, "Activate", rehearsal).at("outcome") == "planned");
    check_system(host, nixos.first);
    CHECK_THAT(varlink(host, "History", {{"limit", 1}}).dump(),
               ContainsSubstring("would stop the following units: web.service"));
  }
  SECTION("tested until a reboot") {
    auto test = change("system", second);
    test["mode"] = "test";
    test["id"] = std::string(32, 'a');
    varlink(host, "Activate", [&] {
      test["api"] = 1;
      test["gate"] = {{"soak", 1}};
      return test;
    }());
    await_phase(host, "testing");
    CHECK(host.output_of("readlink /run/current-system") == second);
    host.reboot();
    await_rest(host);
    CHECK(last_outcome(host).at("outcome") == "reverted");
    check_system(host, nixos.first);
  }
  SECTION("rolled back, by selecting the generation before") {
    check_told(deploy_system(host, second), 0, "committed");
    CHECK(activate(host, "Rollback", {{"profile", "system"}}).at("outcome") == "committed");
    check_system(host, nixos.first);
    CHECK(host.output_of("readlink /nix/var/nix/profiles/system") == "system-1-link");
    host.reboot();
    check_system(host, nixos.first);
  }
}
