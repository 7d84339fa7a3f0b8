// SPDX-License-Identifier: MIT
// check: what is asked before anybody deploys, and what is said about each answer.
#include "activator/protocol/gate_advice.hpp"
#include "cli/copy.hpp"
#include "cli/verbs.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <regex>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kAll =
    "method Activate() -> ()\nmethod Watch() -> ()\nmethod Confirm() -> ()\nmethod Cancel() -> ()\n"
    "method Rollback() -> ()\nmethod Remove() -> ()\nmethod Status() -> ()\nmethod History() -> ()\n";

struct Checked {
  FakeRemote remote;
  FakeInterrupt interrupt;
  std::ostringstream out;
  std::ostringstream err;
  std::string version = SWITCHBACK_VERSION;
  std::string description = kAll;
  HostStatus status = quiet_host();
  bool new_login = true;
  GatePolicy gate{};                   // of the manifest
  std::optional<GateAdvice> advice{};  // what the host says of it; none: it is too old to be asked
  std::size_t width = 80;

  int run(bool as_json = false) {
    remote.on(Way::shared, [this](FakePeer& peer) {
      peer.greet(version);
      peer.await_end();
    });
    remote.on(Way::shared, [this](FakePeer& peer) {
      peer.take();
      peer.reply({{"description", description}});
    });
    if (!(gate == GatePolicy{})) {
      remote.on(Way::shared, [this](FakePeer& peer) {
        const auto call = peer.take();
        CHECK(call.parameters == nlohmann::json{{"gate", to_json(gate)}});
        if (advice) return peer.reply(to_json(*advice));
        peer.refuse(Errc::method_not_found, call.method);
      });
    }
    if (new_login) {
      remote.on(Way::fresh, [this](FakePeer& peer) {
        peer.greet(version);
        peer.await_end();
      });
    }
    remote.on(Way::shared, [this](FakePeer& peer) { peer.answer_status(status); });
    return static_cast<int>(check(remote, interrupt, {out, err, as_json, width}, gate));
  }
  /// Without how long anything took.
  [[nodiscard]] std::string shown() const {
    return std::regex_replace(out.str(), std::regex("[0-9]+\\.[0-9] s\\)"), "0.1 s)");
  }
};

}  // namespace

TEST_CASE("a host with all that is needed is ready", "[cli]") {
  Checked checked;
  CHECK(checked.run() == 0);
  check_golden("check.txt", checked.shown());
  check_width(checked.shown());
}

TEST_CASE("everything that is wrong is told, not only the first", "[cli]") {
  Checked checked;
  checked.new_login = false;
  checked.remote.ran = Ran{127, "", "sh: 1: nix-store: not found\n"};
  checked.status = held_host();
  CHECK(checked.run() == 5);
  check_golden("check_failed.txt", checked.shown());
  check_width(checked.shown());
}

TEST_CASE("what is unusual but works is only a warning", "[cli]") {
  Checked checked;
  SECTION("a unit that has failed already") {
    checked.status.failed_units = {"a.service"};
    CHECK(checked.run() == 0);
    CHECK_THAT(checked.shown(), ContainsSubstring("warning  host       free; failed already: a.service"));
  }
  SECTION("another release that knows all methods") {
    checked.version = "0.0.9";
    CHECK(checked.run() == 0);
    CHECK_THAT(checked.shown(), ContainsSubstring("warning  activator  version 0.0.9"));
  }
}

TEST_CASE("what the host finds about a gate is told", "[cli]") {
  Checked checked;
  checked.width = 0;
  checked.gate.critical = {"shs.service"};
  SECTION("what would be refused") {
    checked.advice = GateAdvice{{"check web cannot be asked on this host: /no/such: No such file"}, {}};
    CHECK(checked.run() == 1);
    CHECK_THAT(checked.shown(), ContainsSubstring("failed   gate       check web cannot be asked"));
  }
  SECTION("what is probably meant otherwise") {
    checked.advice = GateAdvice{{}, {"the gate's critical: «shs.service» matches no unit"}};
    CHECK(checked.run() == 0);
    CHECK_THAT(checked.shown(), ContainsSubstring("warning  gate       the gate's critical: «shs.service»"));
  }
  SECTION("nothing") {
    checked.advice = GateAdvice{};
    CHECK(checked.run() == 0);
    CHECK_THAT(checked.shown(), ContainsSubstring("ok       gate       the host can ask its checks"));
  }
  SECTION("nothing, since it is too old to be asked") {
    CHECK(checked.run() == 0);
    CHECK(checked.shown().find(" gate ") == std::string::npos);
  }
}

TEST_CASE("an activator without a method that the command needs is too old", "[cli]") {
  Checked checked;
  checked.version = "0.0.9";
  checked.description = "method Activate() -> ()\nmethod Watch() -> ()\n";
  checked.width = 0;
  CHECK(checked.run() == 1);
  CHECK_THAT(checked.shown(), ContainsSubstring("has no method Cancel, Confirm, History, Remove"));
}

TEST_CASE("a host that cannot be reached is asked nothing more", "[cli]") {
  Checked checked;
  checked.remote.connects = fail(Errc::unavailable, "cannot be reached: no route");
  CHECK(checked.run() == 5);
  CHECK(checked.shown() ==
        "web1: failed   login      cannot be reached: no route\n"
        "web1: cannot be deployed to like this\n");
}

TEST_CASE("checks as documents have a state each, and an exit status in the end", "[cli]") {
  Checked checked;
  checked.remote.ran = Ran{127, "", ""};
  CHECK(checked.run(/*as_json=*/true) == 1);
  std::istringstream lines(checked.out.str());
  std::vector<nlohmann::json> documents;
  for (std::string line; std::getline(lines, line);) documents.push_back(nlohmann::json::parse(line));
  REQUIRE(documents.size() == 6);
  CHECK(documents[0].at("name") == "login");
  CHECK(documents[0].at("state") == "ok");
  CHECK(documents[3].at("name") == "nix");
  CHECK(documents[3].at("state") == "failed");
  CHECK(documents[3].at("node") == "web1");
  CHECK(documents[5].at("exit") == 1);
}

TEST_CASE("a copy that fails for want of nix says so, and how it is found", "[cli]") {
  FakeRemote remote;
  const std::vector<StorePath> closures{*StorePath::parse(kWeb1), *StorePath::parse(kWeb2)};
  SECTION("no nix-store in PATH") {
    remote.ran = Ran{127, "", "sh: 1: nix-store: not found\n"};
    const auto error = copy_failed(closures, remote, nullptr);
    CHECK(error.code == Errc::refused);
    CHECK_THAT(error.message, ContainsSubstring("no nix-store in the PATH of deploy on web1"));
    CHECK_THAT(error.message, ContainsSubstring("ln -s"));
  }
  SECTION("nix is there: it wants a signature, most likely") {
    CHECK_THAT(copy_failed(closures, remote, nullptr).message, ContainsSubstring("trusted-users"));
  }
  SECTION("the host is gone") {
    remote.ran = fail(Errc::unavailable, "cannot be reached");
    CHECK_THAT(copy_failed(closures, remote, nullptr).message, ContainsSubstring(kWeb2));
  }
}

TEST_CASE("nix is told what deploy-rs tells it, unless a flag says otherwise", "[cli]") {
  const auto line = [](const CopyOptions& options) {
    std::string out;
    for (const auto& word : nix_copy({*StorePath::parse(kWeb1)}, "root@web1", options)) out += word + " ";
    return out;
  };
  CHECK_THAT(line({}),
             ContainsSubstring("--substitute-on-destination --no-check-sigs --to ssh://root@web1 "));
  CHECK(line({.fast_connection = true}).find("substitute") == std::string::npos);
  CHECK(line({.check_signatures = true}).find("no-check-sigs") == std::string::npos);
}
