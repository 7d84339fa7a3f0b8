// SPDX-License-Identifier: MIT
// Hosts that have nix, sshd and sudo, and nothing of ours: an activator is brought along, or the reason why
// not is told before anything is copied.
#include "tests/host/systems.hpp"
#include "tests/host/users.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kRoot = "/nix/var/nix/gcroots/switchback-activator";
constexpr const char* kUnits = "/etc/systemd/system.attached";
constexpr const char* kGenerator = "/etc/systemd/system-generators/switchback-generator";

HostOptions options(Root root) {
  HostOptions out;
  out.root = root;
  return out;
}

/// The host, and the activator's package as it was built for the pusher's Debian, unpacked there.
struct Bare {
  TestHost host;
  std::string activator;

  explicit Bare(Root root = Root::base) : host(TestHost::boot(options(root))) {
    const auto directory = (host.pusher().scratch() / "activator").string();
    host.pusher().output_of({"sh", "-euc", "dpkg-deb -x \"$1\"/switchback-activator_*.deb \"$2\"", "sh",
                             packages_for(Suite::bookworm), directory});
    activator = directory + "/usr";
  }
  [[nodiscard]] std::vector<std::string> command(const std::string& closure,
                                                 const std::vector<std::string>& more = {}) const {
    auto argv = deploy_command(closure, {"--bootstrap", "--activator", activator});
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
  CommandResult deploy(const std::string& closure, const std::vector<std::string>& more = {}) {
    return run(command(closure, more));
  }
  CommandResult deploy_as(const std::string& user, const std::string& closure) {
    auto argv = command(closure);
    argv[3] = user + "@target";
    return run(argv);
  }
  CommandResult run(const std::vector<std::string>& argv) {
    PusherOptions options;
    options.deadline = std::chrono::seconds(150);
    return host.pusher(argv, options);
  }
  /// Runs the script that was copied with the activator.
  CommandResult script(const std::string& verb) {
    return host.run(std::string(kRoot) + "/lib/switchback/switchback-bootstrap " + verb);
  }
};

/// Nothing of ours is on the host: nothing installed, and nothing copied.
void check_bare(TestHost& host) {
  CHECK(host.output_of("ls -d /nix/store/*-switchback-activator-* /nix/store/*-web 2>/dev/null || true")
            .empty());
  CHECK_FALSE(host.exists(kRoot));
  CHECK_FALSE(host.exists(kUnits));
  CHECK_FALSE(host.exists(kGenerator));
  CHECK_FALSE(host.exists("/etc/switchback"));
  CHECK_FALSE(host.exists("/var/lib/switchback"));
}

void refused(Bare& bare, const CommandResult& result, const std::string& says) {
  expect(result, 1, says);
  check_bare(bare.host);
}

/// A program that is found before the host's own.
void pretend(TestHost& host, const std::string& program, const std::string& script) {
  host.write_file("/usr/local/bin/" + program, "#!/bin/sh\n" + script + "\n", "0755");
}

}  // namespace

TEST_CASE("a host with nothing of ours is brought an activator, deployed to, and told how it stays",
          "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  const auto first = web(host, "web-1");
  const auto result = bare.deploy(first);
  expect(result, 0, "committed: app generation 1");
  CHECK_THAT(shown(result), ContainsSubstring("apt install ./switchback-activator_*.deb"));
  CHECK_THAT(shown(result), ContainsSubstring("switchback-bootstrap remove"));
  check_runs(host, first);
  CHECK(host.output_of("stat -c '%a %U %G' /run/switchback/activator.sock") == "660 root root");
  CHECK_FALSE(host.exists("/usr/bin/switchback-activator"));
  // What runs is held, and the other verbs find it by themselves.
  CHECK(host.output_of("nix-store --gc >/dev/null 2>&1; readlink -f " + std::string(kRoot)) ==
        host.output_of("readlink " + std::string(kRoot)));
  expect(verb(host, "status"), 0, "app");
  const auto second = web(host, "web-2");
  deploys(host, second, {}, 0, "committed: app generation 2");
  expect(verb(host, "rollback", of_app()), 0, "committed: app generation 1");
  const auto again = bare.deploy(second);
  expect(again, 0, "committed: app generation");
  CHECK_THAT(shown(again), ContainsSubstring("was brought to target before: nothing is installed"));
  host.reboot();
  check_runs(host, second);
  expect(verb(host, "history"), 0, "committed");
  deploys(host, first, {}, 0, "committed: app generation");
  check_runs(host, first);
}

TEST_CASE("what asks a network comes along, with all its libraries", "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  const auto closure = web(host, "web-1");
  expect(bare.deploy(closure, {"--check", "ssh=tcp:127.0.0.1:22"}), 0, "committed: app generation 1");
  expect(bare.deploy(web(host, "web-2"), {"--check", "none=http://127.0.0.1:9/", "--gate-deadline", "25"}), 3,
         "none");
  check_runs(host, closure);
}

TEST_CASE("a user with sudo brings an activator, one without it is told so before anything is copied",
          "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  add_user(host, "deploy");
  const auto closure = web(host, "web-1");
  SECTION("with sudo") {
    host.write_file("/etc/sudoers.d/deploy", "deploy ALL=(ALL) NOPASSWD: ALL\n", "0440");
    const auto result = bare.deploy_as("deploy", closure);
    expect(result, 0, "committed: app generation 1");
    CHECK_THAT(shown(result), ContainsSubstring("sudo apt install"));
    check_runs(host, closure);
    const auto check = host.pusher({"switchback", "check", "--host", "deploy@target"});
    CHECK_THAT(shown(check), ContainsSubstring("reached as deploy, with sudo"));
  }
  SECTION("without") { refused(bare, bare.deploy_as("deploy", closure), "takes root on target"); }
}

TEST_CASE("a host that cannot be brought an activator is told so before anything is copied", "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  const auto closure = web(host, "web-1");
  SECTION("another architecture") {
    pretend(host, "uname", "echo aarch64");
    refused(bare, bare.deploy(closure), "target is of the architecture aarch64, the activator here is for");
  }
  SECTION("an old systemd") {
    pretend(host, "systemctl", "echo 'systemd 247 (247.3-7)'");
    refused(bare, bare.deploy(closure), "target has systemd 247; Switchback needs 252 or newer");
  }
  SECTION("no nix") {
    host.output_of("mv /usr/bin/nix-store /usr/bin/gone");
    refused(bare, bare.deploy(closure), "there is no nix-store in the user's PATH on target");
    host.output_of("mv /usr/bin/gone /usr/bin/nix-store");
  }
  SECTION("no activator to bring") {
    refused(bare, deploy(host, closure, {"--bootstrap"}), "--bootstrap --activator");
  }
  SECTION("without the flag it is named") { refused(bare, deploy(host, closure), "deploy with --bootstrap"); }
}

TEST_CASE("units need a generator that the next boot finds, a script does not", "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  // As on NixOS: what systemd's generators are is said by the store alone.
  host.output_of(
      "mkdir -p /nix/store/00000000000000000000000000000000-etc/generators && rm -rf "
      "/etc/systemd/system-generators && ln -s /nix/store/00000000000000000000000000000000-etc/generators "
      "/etc/systemd/system-generators");
  const auto units = bare.deploy(web(host, "web-1"));
  expect(units, 1, "needs switchback-generator at the next boot");
  CHECK_FALSE(host.exists(kRoot));
  CHECK(host.output_of("ls -d /nix/store/*-switchback-activator-* 2>/dev/null || true").empty());
  const auto script =
      Closure("app").file("switchback-activate", "#!/bin/sh\necho ran >/run/ran\n").build(host.pusher());
  expect(bare.deploy(script), 0, "committed: app generation 1");
  CHECK(host.read_file("/run/ran") == "ran\n");
  CHECK(host.output_of("ls /etc/systemd/system-generators/").empty());
  // The activator has stayed: from now on nobody needs the flag.
  deploys(host, web(host, "web-1"), {"--profile", "web"}, 1, "finds no switchback-generator");
}

TEST_CASE("a host that has an activator is deployed to with that one", "[bootstrap]") {
  Bare bare(Root::product);
  auto& host = bare.host;
  const auto closure = web(host, "web-1");
  const auto result = bare.deploy(closure);
  expect(result, 0, "committed: app generation 1");
  CHECK_THAT(shown(result),
             ContainsSubstring(
                 "an activator on target already, /usr/bin/switchback-activator: nothing is installed"));
  check_runs(host, closure);
  CHECK_FALSE(host.exists(kRoot));
  CHECK_FALSE(host.exists(kUnits));
}

TEST_CASE("a host that goes down in the trial of a bootstrapped activator is on the old generation",
          "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  SECTION("of units, none before") {
    const auto process = host.start_pusher(bare.command(web(host, "web-1"), {"--soak", "30"}));
    await_phase(host, "observing");
    host.crash();
    process->kill_all();
    host.boot_again();
    check_runs(host, "");
  }
  SECTION("of units") {
    const auto first = web(host, "web-1");
    expect(bare.deploy(first), 0, "committed");
    const auto process = host.start_pusher(bare.command(web(host, "web-2"), {"--soak", "30"}));
    await_phase(host, "observing");
    host.crash();
    process->kill_all();
    host.boot_again();
    check_runs(host, first);
  }
  SECTION("of a script: an activator is there to go back") {
    const auto app = [&](const std::string& name) {
      return Closure("app-" + name)
          .file("switchback-activate", "#!/bin/sh\necho " + name + " >/var/lib/app\n")
          .build(host.pusher());
    };
    const auto first = app("one");
    expect(bare.deploy(first), 0, "committed");
    const auto process =
        host.start_pusher(bare.command(app("two"), {"--confirm", "manual", "--confirm-timeout", "60"}));
    await_phase(host, "awaiting confirmation");
    CHECK(host.read_file("/var/lib/app") == "two\n");
    host.crash();
    process->kill_all();
    host.boot_again();
    await_rest(host);
    CHECK(named(host) == first);
    CHECK(host.read_file("/var/lib/app") == "one\n");
  }
  expect(verb(host, "history"), 0, "the host went down");
}

TEST_CASE("an activator that dies in a trial is started again by the store path that it is", "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  const auto closure = web(host, "web-1");
  const auto process = host.start_pusher(bare.command(closure, {"--soak", "4"}));
  await_phase(host, "observing");
  CHECK_THAT(host.output_of("systemctl cat switchback-activator.service"),
             ContainsSubstring("ExecStart=\"" + host.output_of("readlink " + std::string(kRoot))));
  host.output_of("systemctl kill -s KILL switchback-activator.service");
  CHECK(process->wait(std::chrono::seconds(90)) == 0);
  check_runs(host, closure);
}

TEST_CASE("a bootstrapped activator is taken away again, but not from under its units", "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  expect(bare.deploy(web(host, "web-1")), 0, "committed");
  await_rest(host);  // whoever deploys is told the outcome a moment before
  const auto held = bare.script("remove");
  CHECK(held.status == 1);
  CHECK_THAT(held.err, ContainsSubstring("it runs the units of these profiles: app"));
  expect(verb(host, "remove", of_app()), 0, "committed");
  await_rest(host);
  const auto removed = bare.script("remove");
  INFO(shown(removed));
  CHECK(removed.status == 0);
  CHECK_FALSE(host.exists(kRoot));
  CHECK_FALSE(host.exists(kUnits));
  CHECK_FALSE(host.exists(kGenerator));
  CHECK(host.run("systemctl cat switchback-activator.socket").status != 0);
  CHECK_FALSE(host.exists("/etc/switchback"));
  expect(verb(host, "status"), 1, "there is no switchback-activator on target");
}

TEST_CASE("the package takes a bootstrapped activator's place, with its units running", "[bootstrap]") {
  Bare bare;
  auto& host = bare.host;
  const auto first = web(host, "web-1");
  expect(bare.deploy(first), 0, "committed");
  const auto before = invocation(host);
  await_rest(host);
  host.pusher().output_of(
      {"sh", "-euc",
       "exec ssh root@target 'cat >/root/activator.deb' <\"$(echo \"$1\"/switchback-activator_*.deb)\"", "sh",
       packages_for(default_suite())});
  host.output_of("dpkg -i /root/activator.deb >/dev/null");
  CHECK_FALSE(host.exists(kRoot));
  CHECK_FALSE(host.exists(kUnits));
  CHECK_FALSE(host.exists(kGenerator));
  CHECK(host.output_of("stat -c '%G' /run/switchback/activator.sock") == "switchback");
  CHECK(invocation(host) == before);
  check_runs(host, first);
  const auto second = web(host, "web-2");
  deploys(host, second, {}, 0, "committed: app generation 2");
  host.reboot();
  check_runs(host, second);
}
