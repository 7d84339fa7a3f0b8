// SPDX-License-Identifier: MIT
// Who may deploy, how they log in, and what they are asked: by the group, by sudo, on the host itself, with a
// passphrase.
#include "tests/host/deploy.hpp"
#include "tests/host/users.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

CommandResult deploy_as(TestHost& host, const std::string& user, const std::string& closure) {
  auto argv = deploy_command(closure, {"--soak", "1"});
  argv[3] = user + "@target";
  PusherOptions options;
  options.deadline = std::chrono::seconds(120);
  return host.pusher(argv, options);
}

/// Our command, on the host: a user there may run it.
void install_command(TestHost& host) {
  host.pusher().output_of({"sh", "-c",
                           "exec ssh root@target 'install -m 755 /dev/stdin /usr/local/bin/switchback' "
                           "<$(command -v switchback)"});
}

}  // namespace

TEST_CASE("a user deploys as a member of the group, or with sudo, or not at all", "[login]") {
  auto host = TestHost::boot();
  add_user(host, "deploy");
  const auto closure = web(host, "web-1");
  SECTION("a member") {
    host.output_of("usermod --append --groups switchback deploy");
    const auto result = deploy_as(host, "deploy", closure);
    INFO(shown(result));
    CHECK(result.status == 0);
    check_runs(host, closure);
  }
  SECTION("with sudo") {
    host.write_file("/etc/sudoers.d/switchback",
                    "deploy ALL=(root) NOPASSWD: /usr/bin/switchback-activator bridge\n", "0440");
    const auto result = deploy_as(host, "deploy", closure);
    INFO(shown(result));
    CHECK(result.status == 0);
    check_runs(host, closure);
    const auto check = host.pusher({"switchback", "check", "--host", "deploy@target"});
    CHECK(check.status == 0);
    CHECK_THAT(check.out, ContainsSubstring("reached as deploy, with sudo"));
  }
  SECTION("neither") {
    const auto result = deploy_as(host, "deploy", closure);
    CHECK(result.status == 1);
    CHECK_THAT(shown(result),
               ContainsSubstring("deploy ALL=(root) NOPASSWD: /usr/bin/switchback-activator bridge"));
    CHECK(host.pusher({"switchback", "status", "--host", "deploy@target"}).status == 1);
    check_runs(host, "");
  }
}

TEST_CASE("a user whom nix does not trust is told what it wants", "[login]") {
  auto host = TestHost::boot();
  add_user(host, "deploy");
  host.output_of("usermod --append --groups switchback deploy");
  host.output_of(
      "echo 'trusted-users = root' >/etc/nix/nix.conf && systemctl stop nix-daemon && "
      "systemd-run --quiet --unit=nix-daemon2 nix-daemon");
  host.wait_for("runuser -u deploy -- nix-store --version && test -S /nix/var/nix/daemon-socket/socket");
  const auto result = deploy_as(host, "deploy", web(host, "web-1"));
  INFO(shown(result));
  CHECK(result.status == 1);
  CHECK_THAT(shown(result), ContainsSubstring("trusted-users"));
  check_runs(host, "");
}

TEST_CASE("a host deploys to itself, without ssh", "[login]") {
  auto host = TestHost::boot();
  install_command(host);
  const auto closure = web(host, "web-1");
  host.copy_closure(closure);
  host.output_of("systemctl stop ssh.service ssh.socket");
  const auto result = host.run("switchback deploy --local --profile app --soak 1 --path " + closure,
                               std::chrono::seconds(90));
  INFO(shown(result));
  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("committed: app generation 1"));
  CHECK_THAT(result.err, ContainsSubstring("confirmed"));
  check_runs(host, closure);
  CHECK_THAT(host.output_of("switchback status --local"), ContainsSubstring("target: activator"));
  CHECK_THAT(host.output_of("switchback history --local"), ContainsSubstring("committed"));
  const auto guest = host.run("useradd guest; runuser -u guest -- switchback status --local");
  CHECK(guest.status == 1);
  CHECK_THAT(guest.err, ContainsSubstring("join the group switchback"));
}

TEST_CASE("a passphrase is asked for at both logins, and the display keeps out of the way", "[login]") {
  auto host = TestHost::boot();
  const auto closure = web(host, "web-1");
  host.pusher().output_of({"ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f",
                           (host.pusher().home() / ".ssh/id_ed25519").string()});
  SECTION("with a terminal") {
    PusherOptions options;
    options.terminal = true;
    const auto process = host.start_pusher(deploy_command(closure, {"--confirm-timeout", "60"}), options);
    const auto times = [](const std::string& text, const std::string& part) {
      int count = 0;
      for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
      return count;
    };
    const std::string prompt = "Enter passphrase for key";
    const auto asked = [&](int wanted) {
      process->wait_for_output(
          [&](const std::string& out, const std::string&) { return times(out, prompt) >= wanted; },
          std::chrono::seconds(60), prompt);
      process->type("open sesame\n");
    };
    asked(1);
    asked(2);
    CHECK(process->wait(std::chrono::seconds(90)) == 0);
    const auto text = process->out();
    CHECK(times(text, prompt) == 2);
    CHECK_THAT(text, ContainsSubstring("over a new login, "));
    // Nothing is drawn between the second prompt and its answer.
    const auto second = text.find(prompt, text.find(prompt) + 1);
    CHECK(text.substr(second, text.find("confirmed", second) - second).find("confirming") ==
          std::string::npos);
    check_runs(host, closure);
  }
  SECTION("without one it is refused, with ssh's own words") {
    const auto result = deploy(host, closure);
    CHECK(result.status == 5);
    CHECK_THAT(shown(result), ContainsSubstring("Permission denied"));
    check_runs(host, "");
  }
}
