// SPDX-License-Identifier: MIT
// The command line: every flag, and what is said about a wrong one.
#include "cli/options.hpp"
#include "cli/text.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace switchback;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;

namespace {

const std::string kPath = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1";

DeployOptions deploy_options(std::vector<std::string> more) {
  std::vector<std::string> arguments{"deploy", "--host", "root@web1", "--path", kPath};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto options = parse_options(arguments);
  INFO((options ? "" : options.error().message));
  REQUIRE(options);
  return std::get<DeployOptions>(*options);
}

std::string complaint(std::vector<std::string> arguments) {
  const auto options = parse_options(arguments);
  if (options) return "";
  CHECK(options.error().code == Errc::invalid_request);
  return options.error().message;
}

std::string deploy_complaint(std::vector<std::string> more) {
  std::vector<std::string> arguments{"deploy", "--host", "web1", "--path", kPath};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return complaint(arguments);
}

}  // namespace

TEST_CASE("a deployment needs no more than a host and a path", "[cli]") {
  const auto options = deploy_options({});
  CHECK(options.common.destination == "root@web1");
  const auto& request = options.request;
  REQUIRE(request.changes.size() == 1);
  CHECK(request.changes[0].profile.text() == "system");
  CHECK(request.changes[0].closure->text() == kPath);
  CHECK(request.gate == GatePolicy{});
  CHECK(request.confirm == ConfirmMode::automatic);
  CHECK(request.confirm_timeout == kConfirmTimeout);
  CHECK(request.activation_timeout == kActivationTimeout);
  CHECK_FALSE(request.force);
  CHECK(deploy_options({}).request.id != request.id);
}

TEST_CASE("every flag of a deployment arrives in the request", "[cli]") {
  const auto options = deploy_options({"--profile",
                                       "app",
                                       "--soak",
                                       "2.5",
                                       "--gate-deadline",
                                       "60",
                                       "--critical",
                                       "web.service",
                                       "--critical=db*.service",
                                       "--ignore",
                                       "a.service",
                                       "--expect-failed",
                                       "b.service",
                                       "--flap-limit",
                                       "5",
                                       "--strict",
                                       "--confirm-timeout",
                                       "12",
                                       "--activation-timeout",
                                       "100",
                                       "--force",
                                       "--note",
                                       "release 7",
                                       "--json",
                                       "-v",
                                       "--ssh-opt=-oConnectTimeout=2",
                                       "--ssh-opt",
                                       "-4",
                                       "--ssh-opts",
                                       "-p 2222"});
  const auto& request = options.request;
  CHECK(request.changes[0].profile.text() == "app");
  CHECK(request.gate.soak == milliseconds(2500));
  CHECK(request.gate.deadline == milliseconds(60'000));
  CHECK(request.gate.critical == std::vector<std::string>{"web.service", "db*.service"});
  CHECK(request.gate.ignore == std::vector<std::string>{"a.service"});
  CHECK(request.gate.expect_failed == std::vector<std::string>{"b.service"});
  CHECK(request.gate.flap_limit == 5);
  CHECK(request.gate.strict);
  CHECK(request.confirm_timeout == milliseconds(12'000));
  CHECK(request.activation_timeout == milliseconds(100'000));
  CHECK(request.force);
  CHECK(request.note == "release 7");
  CHECK(options.common.json);
  CHECK(options.common.verbosity == 1);
  CHECK(options.common.ssh_options == Words{"-oConnectTimeout=2", "-4"});
  CHECK(options.common.overrides.ssh_options == Words{"-p", "2222"});
}

TEST_CASE("a manual confirm has ten minutes unless it is told otherwise", "[cli]") {
  CHECK(deploy_options({"--confirm", "manual"}).request.confirm_timeout == kManualConfirmTimeout);
  CHECK(deploy_options({"--confirm", "manual", "--confirm-timeout", "5"}).request.confirm_timeout ==
        milliseconds(5000));
  CHECK(deploy_options({"--confirm", "none"}).request.confirm == ConfirmMode::none);
}

TEST_CASE("a number that is none is refused by the name of its flag", "[cli]") {
  const std::string flag = GENERATE("--soak", "--gate-deadline", "--confirm-timeout", "--activation-timeout");
  for (const std::string value : {"ten", "-1", "inf", "nan", "1e3", "0x10", "1.2.3", "", "86401", "5s"}) {
    INFO(value);
    CHECK_THAT(deploy_complaint({flag + "=" + value}), ContainsSubstring(flag));
  }
  CHECK_THAT(deploy_complaint({"--flap-limit", "0"}), ContainsSubstring("--flap-limit"));
  CHECK_THAT(deploy_complaint({"--flap-limit", "two"}), ContainsSubstring("--flap-limit"));
  CHECK_THAT(deploy_complaint({"--soak", "300"}), ContainsSubstring("--gate-deadline"));
}

TEST_CASE("a slip of the pen is answered with what was meant", "[cli]") {
  CHECK_THAT(complaint({"deplyo", "--host", "web1"}), ContainsSubstring("did you mean deploy?"));
  CHECK_THAT(deploy_complaint({"--soke", "3"}), ContainsSubstring("did you mean --soak?"));
  CHECK_THAT(deploy_complaint({"--soke=3"}), ContainsSubstring("did you mean --soak?"));
  CHECK_THAT(deploy_complaint({"--confrim", "none"}), ContainsSubstring("did you mean --confirm?"));
  CHECK_THAT(complaint({"status", "--host", "web1", "--soak", "1"}), ContainsSubstring("--soak"));
}

TEST_CASE("what is missing or wrong is named", "[cli]") {
  CHECK_THAT(complaint({}), ContainsSubstring("verb"));
  CHECK_THAT(complaint({"deploy", "--path", kPath}), ContainsSubstring("--host"));
  CHECK_THAT(complaint({"deploy", "--host", "web1"}), ContainsSubstring("--path"));
  CHECK_THAT(complaint({"status", "--host", "-oProxyCommand=x"}), ContainsSubstring("--host"));
  CHECK_THAT(deploy_complaint({"--profile", "../etc"}), ContainsSubstring("--profile"));
  CHECK_THAT(deploy_complaint({"--confirm", "maybe"}), ContainsSubstring("--confirm"));
  CHECK_THAT(deploy_complaint({"--note", std::string(5000, 'x')}), ContainsSubstring("note"));
  CHECK_THAT(complaint({"confirm", "--host", "web1", "abc"}), ContainsSubstring("hexadecimal"));
  CHECK_THAT(complaint({"cancel", "--host", "web1", std::string(32, 'a'), "x"}), ContainsSubstring("x"));
}

TEST_CASE("a path that is no store path is explained", "[cli]") {
  const auto with = [](const std::string& path) {
    return complaint({"deploy", "--host", "web1", "--path", path});
  };
  CHECK_THAT(with(kPath + "/bin/web"), ContainsSubstring("give the store path itself: " + kPath));
  CHECK_THAT(with("/etc"), ContainsSubstring("is not a store path"));
  CHECK_THAT(with("./no-such-result"), ContainsSubstring("./no-such-result"));
  CHECK(with(kPath + "/").empty());
}

TEST_CASE("confirm and cancel take an id or none", "[cli]") {
  const std::string id(32, 'a');
  const auto with = parse_options({"confirm", "--host", "web1", id});
  REQUIRE(with);
  CHECK(std::get<ConfirmOptions>(*with).id->whole()->text() == id);
  const auto without = parse_options({"cancel", "--host", "web1"});
  REQUIRE(without);
  CHECK_FALSE(std::get<CancelOptions>(*without).id);
}

TEST_CASE("help and version fit a terminal of 80 columns", "[cli]") {
  const std::vector<std::string> arguments =
      GENERATE(std::vector<std::string>{"--help"}, std::vector<std::string>{"deploy", "--help"},
               std::vector<std::string>{"confirm", "--help"}, std::vector<std::string>{"import", "--help"},
               std::vector<std::string>{"--version"});
  const auto options = parse_options(arguments);
  REQUIRE(options);
  std::istringstream text(std::get<Printed>(*options).text);
  std::size_t lines = 0;
  for (std::string line; std::getline(text, line); ++lines) {
    INFO(line);
    CHECK(columns(line) <= 80);
  }
  CHECK(lines > 0);
}
