// SPDX-License-Identifier: MIT
// Checks as they come in a request: what is read, what is refused, and in which words.
#include "activator/protocol/gate_policy.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

Result<GatePolicy> parse_one(const json& check) {
  return parse_gate_policy(json{{"checks", {{"x", check}}}}, "gate");
}

}  // namespace

TEST_CASE("a check of each type survives its own JSON", "[checks]") {
  const json checks{
      {"exec", {{"type", "exec"}, {"command", {"/bin/check", "$HOME"}}, {"user", "www"}, {"timeout", 0.5}}},
      {"http",
       {{"type", "http"},
        {"url", "http://[::1]:80/"},
        {"status", {200, 204}},
        {"contains", "ok"},
        {"headers", {{"Server", "web"}}}}},
      {"https", {{"type", "https"}, {"url", "https://localhost/"}, {"interval", 0}}},
      {"tcp", {{"type", "tcp"}, {"address", "[::1]:5432"}, {"successes", 3}, {"failures", 1}}},
      {"unit", {{"type", "unit"}, {"unit", "web.service"}, {"required", false}}},
      {"bus", {{"type", "dbus-name"}, {"name", "org.example.Foo"}}},
      {"mine", {{"type", "exec"}, {"command", {"curl"}}, {"side", "pusher"}}}};
  const auto read = parse_gate_policy(json{{"checks", checks}, {"prefailing", "tolerate"}}, "gate");
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  CHECK(read->checks.size() == checks.size());
  const auto again = parse_gate_policy(to_json(*read), "gate");
  REQUIRE(again);
  CHECK(*again == *read);
  CHECK(std::get<TcpCheck>(read->checks.at("tcp").question) == TcpCheck{"::1", 5432});
  CHECK(read->checks.at("unit").timeout == 5s);
}

TEST_CASE("a check that cannot be meant is refused by its field", "[checks]") {
  const auto [check, problem] = GENERATE(table<json, std::string>({
      {{{"type", "ping"}}, "checks.x.type: this version knows: exec, http"},
      {{{"type", "http"}, {"url", "ftp://localhost/"}}, "checks.x.url: must begin with http://"},
      {{{"type", "https"}, {"url", "http://localhost/"}}, "checks.x.url: must begin with https://"},
      {{{"type", "http"}, {"url", "http://x/"}, {"statsu", {200}}}, "did you mean status?"},
      {{{"type", "exec"}, {"command", {"check"}}}, "checks.x.command: must begin with an absolute path"},
      {{{"type", "exec"}, {"command", json::array()}}, "checks.x.command: must be an array of strings"},
      {{{"type", "tcp"}, {"address", "localhost"}}, "checks.x.address: must be HOST:PORT"},
      {{{"type", "tcp"}, {"address", "localhost:70000"}}, "checks.x.address: must be HOST:PORT"},
      {{{"type", "unit"}, {"unit", "a.service"}, {"state", "up"}}, "checks.x.state: must be one of"},
      {{{"type", "tcp"}, {"address", "a:1"}, {"side", "pusher"}},
       "checks.x.type: must be exec on the pusher"},
      {{{"type", "tcp"}, {"address", "a:1"}, {"timeout", 0}}, "checks.x.timeout: must be more than 0"},
      {{{"type", "tcp"}, {"address", "a:1"}, {"successes", 0}}, "checks.x.successes"},
      {{{"type", "tcp"}, {"address", "a:1"}, {"timeout", 400}}, "longer than the gate's deadline"},
  }));
  const auto read = parse_one(check);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::invalid_request);
  CHECK_THAT(read.error().message, ContainsSubstring(problem));
}

TEST_CASE("a gate without checks is written as an older activator reads it", "[checks]") {
  const auto written = to_json(GatePolicy{});
  CHECK_FALSE(written.contains("checks"));
  CHECK_FALSE(written.contains("prefailing"));
}
