// SPDX-License-Identifier: MIT
// The services of a user's own manager, which a script of the user's changes, are judged like the system's.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What home-manager does: puts its units into the user's directory, has them read, and starts what changed.
constexpr const char* kActivate = R"sh(#!/bin/sh
set -e
export XDG_RUNTIME_DIR=/run/user/$(id -u)
mkdir -p ~/.config/systemd/user
cp --remove-destination "$(dirname "$(readlink -f "$0")")/web.service" ~/.config/systemd/user/web.service
systemctl --user daemon-reload
systemctl --user restart web.service
)sh";

class UserHost {
 public:
  TestHost host = TestHost::boot();

  UserHost() {
    host.output_of("useradd --create-home --groups nix-users alice");
    host.output_of("systemctl start user@$(id -u alice).service");
    host.wait_for("test -S /run/user/$(id -u alice)/systemd/private");
  }

  /// A home whose web.service runs `command`.
  std::string home(const std::string& name, const std::string& command) {
    const auto unit = "[Service]\nExecStart=/bin/sh -c '" + command + "'\n";
    const auto closure =
        Closure("home-" + name).file("activate", kActivate).file("web.service", unit).build(host.pusher());
    host.copy_closure(closure);
    return closure;
  }
  /// The outcome.
  nlohmann::json deploy(const std::string& closure, double soak = 4) {
    auto parameters = change("home-manager", closure);
    parameters["changes"][0]["user"] = "alice";
    parameters["gate"] = {{"soak", soak}};
    return activate(host, "Activate", parameters);
  }
  /// As alice, who need not be logged in.
  std::string hers(const std::string& command) {
    return host.output_of("runuser -u alice -- env XDG_RUNTIME_DIR=/run/user/$(id -u alice) " + command);
  }
  std::string running() { return hers("systemctl --user show -P ExecStart web.service"); }
};

}  // namespace

TEST_CASE("a user's service that stays up lets the user's closure be committed", "[user]") {
  UserHost user;
  CHECK(user.deploy(user.home("one", "echo one; exec sleep infinity")).at("outcome") == "committed");
  CHECK_THAT(user.running(), ContainsSubstring("echo one"));
  check_rest(user.host);
}

TEST_CASE("a user's service that crashes in the soak reverts the user's closure", "[user]") {
  UserHost user;
  REQUIRE(user.deploy(user.home("one", "echo one; exec sleep infinity"), 0.5).at("outcome") == "committed");
  const auto outcome = user.deploy(user.home("bad", "sleep 2; echo no table; exit 7"));
  CHECK(outcome.at("outcome") == "reverted");
  const auto cause = outcome.at("causes").at(0);
  CHECK(cause.at("unit") == "alice/web.service");
  CHECK_THAT(cause.at("message").get<std::string>(), ContainsSubstring("exited with status 7"));
  CHECK_THAT(cause.at("log").dump(), ContainsSubstring("no table"));
  CHECK_THAT(user.running(), ContainsSubstring("echo one"));
  CHECK(user.hers("systemctl --user is-active web.service") == "active");
  check_rest(user.host);
}

TEST_CASE("a user's service that had failed before, and is not touched, does not count", "[user]") {
  UserHost user;
  user.hers("systemd-run --user --quiet --unit=broken false");
  user.host.wait_for(
      "runuser -u alice -- env XDG_RUNTIME_DIR=/run/user/$(id -u alice) "
      "systemctl --user is-failed broken.service");
  CHECK(user.deploy(user.home("one", "exec sleep infinity"), 1).at("outcome") == "committed");
}

TEST_CASE("a user whose manager does not run has no units to judge", "[user]") {
  auto host = TestHost::boot();
  host.output_of("useradd --create-home --groups nix-users bob");
  const auto closure = Closure("home-bob").file("activate", "#!/bin/sh\ntouch ~/here\n").build(host.pusher());
  host.copy_closure(closure);
  auto parameters = change("home-manager", closure);
  parameters["changes"][0]["user"] = "bob";
  CHECK(activate(host, "Activate", parameters).at("outcome") == "committed");
  CHECK(host.exists("/home/bob/here"));
}
