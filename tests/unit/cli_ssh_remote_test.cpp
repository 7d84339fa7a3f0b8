// SPDX-License-Identifier: MIT
// Logins and their prompts, with a program of our own in ssh's place.
#include "cli/address.hpp"
#include "cli/ssh_remote.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/fake_activator.hpp"

#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const Call kStatus{.method = "org.switchback.Activator.Status"};

/// An `ssh` in PATH that notes what it was called with, and does what the test says.
class FakeSsh {
 public:
  explicit FakeSsh(const std::string& script) : path_(std::getenv("PATH")) {
    directory_.write("ssh", "#!/bin/sh\necho \"$*\" >>" + (directory_ / "calls") + "\n" + script + "\n");
    std::filesystem::permissions(directory_ / "ssh", std::filesystem::perms::owner_all);
    setenv("PATH", (directory_.path() + ":" + path_).c_str(), 1);
  }
  ~FakeSsh() { setenv("PATH", path_.c_str(), 1); }
  FakeSsh(const FakeSsh&) = delete;
  FakeSsh& operator=(const FakeSsh&) = delete;

  [[nodiscard]] std::string calls() const { return directory_.read("calls"); }

 private:
  TempDir directory_;
  std::string path_;
};

/// What a host says that has an activator: one answer to whatever is asked.
const std::string kAnswer = R"(printf '{"parameters":{"host":"web1"}}\0'; cat >/dev/null)";

}  // namespace

TEST_CASE("the user of ssh_config is who is named when something is not allowed", "[cli]") {
  const FakeSsh ssh(R"(case "$*" in
    -G*) echo "user deploy"; echo "connecttimeout none" ;;
    "-f "*) exit 0 ;;
    *"sudo -n"*) echo "sudo: a password is required" >&2; exit 1 ;;
    *) exit 77 ;;
  esac)");
  const FakeInterrupt interrupt;
  SshRemote remote({"web1", {}});
  REQUIRE(remote.connect(interrupt));
  CHECK(remote.whoever() == "deploy");
  const auto reply = remote.ask(Way::shared, kStatus);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == Errc::not_permitted);
  CHECK_THAT(reply.error().message,
             ContainsSubstring("deploy ALL=(root) NOPASSWD: /usr/bin/switchback-activator bridge"));
  CHECK_THAT(ssh.calls(), ContainsSubstring("-- web1 sudo -n switchback-activator bridge"));
}

TEST_CASE("whoever becomes root by sudo stays so, for new logins too", "[cli]") {
  const FakeSsh ssh("case \"$*\" in\n -G*|'-f '*) exit 0 ;;\n *\"sudo -n\"*) " + kAnswer +
                    " ;;\n *) exit 77 ;;\nesac");
  const FakeInterrupt interrupt;
  SshRemote remote({"deploy@web1", {}});
  REQUIRE(remote.connect(interrupt));
  CHECK(remote.greet(Way::shared));
  CHECK(remote.whoever() == "deploy, with sudo");
  CHECK(remote.ask(Way::fresh, kStatus));
  CHECK_THAT(ssh.calls(), ContainsSubstring("ControlPath=none"));
}

TEST_CASE("an activator that no package has installed is looked for where a bootstrap puts it", "[cli]") {
  const FakeSsh ssh(
      "case \"$*\" in\n -G*|'-f '*) exit 0 ;;\n *\"sudo -n /nix/var\"*) " + kAnswer +
      " ;;\n */nix/var/nix/gcroots/switchback-activator/bin/*) exit 77 ;;\n *) exit 127 ;;\nesac");
  const FakeInterrupt interrupt;
  SshRemote remote({"deploy@web1", {}});
  REQUIRE(remote.connect(interrupt));
  CHECK(remote.greet(Way::shared));
  CHECK(remote.ask(Way::fresh, kStatus));
  CHECK_THAT(ssh.calls(), ContainsSubstring("ControlPath=none"));
}

TEST_CASE("a host that has no activator anywhere is told so after two looks", "[cli]") {
  const FakeSsh ssh("case \"$*\" in\n -G*|'-f '*) exit 0 ;;\n *) exit 127 ;;\nesac");
  const FakeInterrupt interrupt;
  SshRemote remote({"web1", {}});
  REQUIRE(remote.connect(interrupt));
  const auto reply = remote.ask(Way::shared, kStatus);
  REQUIRE_FALSE(reply);
  CHECK_THAT(reply.error().message, ContainsSubstring("or deploy with --bootstrap"));
}

TEST_CASE("whoever becomes root by another program than sudo does so by that", "[cli]") {
  const FakeSsh ssh("case \"$*\" in\n -G*|'-f '*) exit 0 ;;\n *\"doas -u root\"*) " + kAnswer +
                    " ;;\n *) exit 77 ;;\nesac");
  const FakeInterrupt interrupt;
  SshRemote remote(ssh_settings({.node = "web", .destination = "deploy@web1", .sudo = "doas  -u"}));
  REQUIRE(remote.connect(interrupt));
  CHECK(remote.greet(Way::shared));
  CHECK(remote.whoever() == "deploy, with doas");
  CHECK_THAT(ssh.calls(), ContainsSubstring("-- deploy@web1 doas -u root switchback-activator bridge"));
}

TEST_CASE("without a terminal ssh's own words are in the error", "[cli]") {
  const FakeSsh ssh(R"(case "$*" in -G*) exit 0 ;; esac
    echo "Host key verification failed." >&2; exit 255)");
  const FakeInterrupt interrupt;
  SshRemote remote({"web1", {}, /*batch=*/true});
  const auto connected = remote.connect(interrupt);
  REQUIRE_FALSE(connected);
  CHECK(connected.error().code == Errc::unavailable);
  CHECK(connected.error().message == "cannot be reached: Host key verification failed.");
  CHECK_THAT(ssh.calls(), ContainsSubstring("BatchMode=yes"));
}

TEST_CASE("with a terminal ssh asks there, and the error points to what it said", "[cli]") {
  const FakeSsh ssh(R"(case "$*" in -G*) exit 0 ;; esac
    exit 255)");
  const FakeInterrupt interrupt;
  SshRemote remote({"web1", {}, /*batch=*/false});
  const auto connected = remote.connect(interrupt);
  REQUIRE_FALSE(connected);
  CHECK_THAT(connected.error().message, ContainsSubstring("ssh's own words are above"));
  CHECK(ssh.calls().find("BatchMode") == std::string::npos);
}

TEST_CASE("an interrupt ends a login, wherever it hangs", "[cli]") {
  const std::string hangs = GENERATE("-G*", "'-f '*");
  const FakeSsh ssh("case \"$*\" in " + hangs + ") exec sleep 1000 ;; esac");
  FakeInterrupt interrupt;
  std::thread user([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    interrupt.press();
  });
  SshRemote remote({"web1", {}});
  const auto begun = Clock::now();
  const auto connected = remote.connect(interrupt);
  user.join();
  REQUIRE_FALSE(connected);
  CHECK_THAT(connected.error().message, ContainsSubstring("interrupted; nothing has changed on web1"));
  CHECK(Clock::now() - begun < std::chrono::seconds(20));
}

TEST_CASE("a program is run over the login that there is", "[cli]") {
  const FakeSsh ssh(R"(case "$*" in
    -G*|"-f "*) exit 0 ;;
    *nix-store*) echo "nix-store (Nix) 2.8.0"; exit 0 ;;
  esac
  exit 255)");
  const FakeInterrupt interrupt;
  SshRemote remote({"web1", {}}, "web");
  REQUIRE(remote.connect(interrupt));
  const auto ran = remote.run({"nix-store", "--version"}, nullptr);
  REQUIRE(ran);
  CHECK(ran->out == "nix-store (Nix) 2.8.0\n");
  CHECK_THAT(ssh.calls(), ContainsSubstring("ControlMaster=no"));
  const auto gone = remote.run({"true"}, nullptr);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == Errc::unavailable);
  CHECK(remote.name() == "web");
}

TEST_CASE("a login that began with our defaults goes on, unless ssh_config has others", "[cli]") {
  const FakeInterrupt interrupt;
  const auto logins = [&](const std::string& configuration) {
    const FakeSsh ssh("case \"$*\" in\n -G*) " + configuration + " ;;\n '-f '*) exit 0 ;;\nesac");
    SshRemote remote({"web1", {}, /*batch=*/true});
    CHECK(remote.connect(interrupt));
    std::vector<std::string> begun;
    std::istringstream calls(ssh.calls());
    for (std::string line; std::getline(calls, line);) {
      if (line.starts_with("-f ")) begun.push_back(line);
    }
    return begun;
  };
  const auto usual = logins("echo 'connecttimeout none'; echo 'serveraliveinterval 0'");
  REQUIRE(usual.size() == 1);
  CHECK_THAT(usual.back(), ContainsSubstring("ConnectTimeout=10"));
  const auto other = logins("echo 'connecttimeout 60'; echo 'serveraliveinterval 0'");
  REQUIRE_FALSE(other.empty());
  CHECK_THAT(other.back(), !ContainsSubstring("ConnectTimeout"));
  CHECK_THAT(other.back(), ContainsSubstring("ServerAliveInterval=5"));
}
