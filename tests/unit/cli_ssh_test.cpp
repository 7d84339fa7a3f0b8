// SPDX-License-Identifier: MIT
// ssh's command lines, and what the end of one means.
#include "cli/exit_status.hpp"
#include "cli/process.hpp"
#include "cli/ssh.hpp"
#include "cli/ssh_remote.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace switchback;
using Catch::Matchers::ContainsSubstring;

namespace {

const Words kBridge{"switchback-activator", "bridge"};
const SshSettings kSettings{"root@web1", {"-oConnectTimeout=2", "-p", "2222"}};

std::string line(const Words& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::ptrdiff_t place(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) - words.begin();
}

}  // namespace

TEST_CASE("the login for a confirm shares nothing, whatever ssh_config says", "[cli]") {
  const auto words = ssh_fresh(kSettings, kBridge);
  CHECK_THAT(line(words), ContainsSubstring("-o ControlMaster=no -o ControlPath=none"));
  CHECK_THAT(line(words), ContainsSubstring("-- root@web1 switchback-activator bridge"));
  CHECK(line(words).find("ControlPersist") == std::string::npos);
}

TEST_CASE("the work shares a login of its own, never the user's", "[cli]") {
  const auto master = line(ssh_master(kSettings, "/tmp/x/ssh"));
  CHECK_THAT(master, ContainsSubstring("ControlMaster=yes -o ControlPath=/tmp/x/ssh"));
  const auto session = line(ssh_session(kSettings, "/tmp/x/ssh", kBridge));
  CHECK_THAT(session, ContainsSubstring("ControlMaster=no -o ControlPath=/tmp/x/ssh"));
  CHECK_THAT(nix_ssh_options(kSettings, "/tmp/x/ssh"),
             ContainsSubstring("ControlMaster=no -o ControlPath=/tmp/x/ssh"));
  CHECK_THAT(nix_ssh_options(kSettings, "/tmp/x/ssh"), ContainsSubstring("-p 2222"));
}

TEST_CASE("the user's options come after what we depend on and before our defaults", "[cli]") {
  const auto words = ssh_session(kSettings, "/tmp/x/ssh", kBridge);
  CHECK(place(words, "ControlMaster=no") < place(words, "-oConnectTimeout=2"));
  CHECK(place(words, "-oConnectTimeout=2") < place(words, "ConnectTimeout=10"));
  CHECK(place(words, "ServerAliveInterval=5") < place(words, "--"));
}

TEST_CASE("what ssh_config says about patience is left to it", "[cli]") {
  CHECK(defaults_beside("") == ssh_defaults());
  CHECK(defaults_beside("user root\nconnecttimeout none\nserveraliveinterval 0\n") == ssh_defaults());
  CHECK(defaults_beside("connecttimeout 60\nserveraliveinterval 30\n").empty());
  CHECK(line(defaults_beside("connecttimeout 60\nserveraliveinterval 0\n")) ==
        "-o ServerAliveInterval=5 -o ServerAliveCountMax=3");
}

TEST_CASE("ssh asks nothing where nobody could answer", "[cli]") {
  auto settings = kSettings;
  CHECK_THAT(line(ssh_fresh(settings, kBridge)), ContainsSubstring("BatchMode=yes"));
  settings.batch = false;
  CHECK(line(ssh_fresh(settings, kBridge)).find("BatchMode") == std::string::npos);
}

TEST_CASE("a destination cannot be an option, a command or a URL", "[cli]") {
  for (const std::string good : {"web1", "root@web1.example.org", "deploy@[2001:db8::1]", "10.0.0.1"}) {
    CHECK(check_destination(good));
  }
  for (const std::string bad : {"", "-oProxyCommand=sh", "root@-oX", "web1 rm", "web1;x", "ssh://web1",
                                "web1?x=y", "@web1", "root@", "web1\n", "$(x)"}) {
    INFO(bad);
    CHECK_FALSE(check_destination(bad));
  }
}

TEST_CASE("how a bridge ends tells the user what to do", "[cli]") {
  const auto [status, said, sudo, code, tells] = GENERATE(table<int, std::string, bool, Errc, std::string>({
      {255, "ssh: connect to host web1 port 22: Connection refused", false, Errc::unavailable,
       "cannot be reached: ssh: connect to host"},
      {255, "", false, Errc::unavailable, "ssh connection failed"},
      {127, "sh: 1: switchback-activator: not found", false, Errc::refused,
       "install the package switchback-activator"},
      {1, "sudo: switchback-activator: command not found", true, Errc::refused,
       "install the package switchback-activator"},
      {1, "no Switchback activator listens on /run/switchback/activator.sock: is …", false, Errc::refused,
       "no Switchback activator listens"},
      {1, "no Switchback activator listens on /run/switchback/activator.sock: is …", true, Errc::refused,
       "no Switchback activator listens"},
      {77, "you may not use …", false, Errc::not_permitted, "the group switchback"},
      {1, "sudo: a password is required", true, Errc::not_permitted,
       "deploy ALL=(root) NOPASSWD: /usr/bin/switchback-activator bridge"},
      {127, "sh: 1: sudo: not found", true, Errc::not_permitted, "the group switchback"},
      {0, "", false, Errc::unavailable, "closed the connection"},
      {137, "", false, Errc::refused, "status 137"},
  }));
  const auto error = bridge_ended("web1", "deploy", status, said, sudo);
  CHECK(error.code == code);
  CHECK_THAT(error.message, ContainsSubstring(tells));
}

TEST_CASE("each kind of failure has its exit status", "[cli]") {
  CHECK(exit_status(Errc::busy) == ExitStatus::busy);
  CHECK(exit_status(Errc::unavailable) == ExitStatus::unreachable);
  CHECK(exit_status(Errc::timeout) == ExitStatus::unreachable);
  for (const auto code : {Errc::refused, Errc::invalid_closure, Errc::invalid_request, Errc::not_permitted,
                          Errc::unsupported_version, Errc::internal, Errc::corrupt, Errc::conflict}) {
    CHECK(exit_status(code) == ExitStatus::nothing_changed);
  }
}

TEST_CASE("a program's end, its words and its absence are told apart", "[cli]") {
  const auto later = Clock::now() + std::chrono::seconds(20);
  auto ends = Process::spawn({"sh", "-c", "echo first >&2; echo last words >&2; exit 3"}, {});
  REQUIRE(ends);
  CHECK(ends->wait(later) == 3);
  CHECK(last_line(ends->error_text()) == "last words");
  auto killed = Process::spawn({"sh", "-c", "kill -TERM $$"}, {});
  REQUIRE(killed);
  CHECK(killed->wait(later) == 128 + 15);
  const auto absent = Process::spawn({"switchback-no-such-program"}, {});
  REQUIRE_FALSE(absent);
  CHECK_THAT(absent.error().message, ContainsSubstring("switchback-no-such-program"));
}
