// SPDX-License-Identifier: MIT
// The probe against real sockets: what it says of what is answered, and of what is not.
#include "activator/adapters/brief_child.hpp"
#include "activator/probe/probe_exit.hpp"
#include "activator/protocol/check_policy.hpp"
#include "tests/integration/web_server.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

ChildResult probe(const CheckQuestion& question, std::chrono::milliseconds timeout = 5s) {
  CheckPolicy policy{.question = question};
  policy.timeout = timeout;
  const auto argument = to_json(Checks{{"probe", policy}}).dump();
  const auto result =
      run_briefly({{SWITCHBACK_PROBE, argument}, {{"http_proxy", "http://127.0.0.1:1"}}, 20s});
  REQUIRE(result);
  INFO(result->out << result->err);
  REQUIRE(result->exit_status);
  return *result;
}

void passes(const CheckQuestion& question, const std::string& says) {
  const auto result = probe(question);
  CHECK(result.exit_status == static_cast<int>(ProbeExit::passed));
  CHECK_THAT(result.out, StartsWith(says));
}

void misses(const CheckQuestion& question, const std::string& says) {
  const auto result = probe(question, 2s);
  CHECK(result.exit_status == static_cast<int>(ProbeExit::missed));
  CHECK_THAT(result.out.substr(0, result.out.find('\n')), ContainsSubstring(says));
}

}  // namespace

TEST_CASE("a web server is judged by its status, its body and its headers", "[probe]") {
  const WebServer server({{"/", http_answer("200 OK", "all is well\n", "Server: web/2\r\n")},
                          {"/bad", http_answer("502 Bad Gateway", "no backend\n")},
                          {"/moved", http_answer("301 Moved", "", "Location: /\r\n")},
                          {"/none", http_answer("204 No Content", "")}});
  passes(HttpCheck{server.url("/"), {}, "", {}}, "answered 200\nall is well\n");
  passes(HttpCheck{server.url("/"), {200}, "is well", {{"server", "web"}}}, "answered 200\n");
  passes(HttpCheck{server.url("/none"), {}, "", {}}, "answered 204\n");
  passes(HttpCheck{server.url("/bad"), {404, 502}, "", {}}, "answered 502\n");
  misses(HttpCheck{server.url("/bad"), {}, "", {}}, "answered 502, not 200 to 299");
  misses(HttpCheck{server.url("/moved"), {}, "", {}}, "answered 301, not 200 to 299");
  misses(HttpCheck{server.url("/"), {204, 404}, "", {}}, "answered 200, not 204 or 404");
  misses(HttpCheck{server.url("/"), {}, "is lost", {}}, "its body does not contain «is lost»");
  misses(HttpCheck{server.url("/"), {}, "", {{"Server", "nginx"}}},
         "without a header Server that contains «nginx»");
  CHECK_THAT(probe(HttpCheck{server.url("/bad"), {}, "", {}}).out, ContainsSubstring("no backend"));
}

TEST_CASE("no more of a body is read than a check may need", "[probe]") {
  const std::string mebibyte(std::size_t{1024} * 1024, 'x');
  const WebServer server({{"/begin", http_answer("200 OK", "here it is" + mebibyte + mebibyte)},
                          {"/end", http_answer("200 OK", mebibyte + mebibyte + "here it is")}});
  passes(HttpCheck{server.url("/begin"), {}, "here it is", {}}, "answered 200\n");
  misses(HttpCheck{server.url("/end"), {}, "here it is", {}}, "its body does not contain");
}

TEST_CASE("a server that does not answer is a miss in time, and one that is not there at once", "[probe]") {
  const WebServer server({});
  const auto begun = std::chrono::steady_clock::now();
  const auto result = probe(HttpCheck{server.url("/"), {}, "", {}}, 1s);
  CHECK(result.exit_status == static_cast<int>(ProbeExit::missed));
  CHECK_THAT(result.out, ContainsSubstring("timed out"));
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  const auto nobody = "http://127.0.0.1:" + std::to_string(closed_port()) + "/";
  misses(HttpCheck{nobody, {}, "", {}}, "refused");
  misses(HttpCheck{"https://127.0.0.1:" + std::to_string(server.port()) + "/", {}, "", {}}, "");
}

TEST_CASE("a port is asked by a connection to it", "[probe]") {
  const WebServer server({});
  const auto port = static_cast<std::uint16_t>(server.port());
  passes(TcpCheck{"127.0.0.1", port}, "127.0.0.1:" + std::to_string(port) + " accepts\n");
  passes(TcpCheck{"localhost", port}, "127.0.0.1:" + std::to_string(port) + " accepts\n");
  misses(TcpCheck{"127.0.0.1", static_cast<std::uint16_t>(closed_port())}, "Connection refused");
  misses(TcpCheck{"no-such-host.invalid", 80}, "no-such-host.invalid: ");
}

TEST_CASE("what is no question is told apart from a miss", "[probe]") {
  CHECK(probe(HttpCheck{"http://[", {}, "", {}}).exit_status == static_cast<int>(ProbeExit::impossible));
  CHECK(probe(UnitCheck{"web.service"}).exit_status == static_cast<int>(ProbeExit::impossible));
  for (const std::string argument : {"", "{", "[]", "{}", R"({"x":{"type":"http","url":"ftp://x/"}})"}) {
    const auto result = run_briefly({{SWITCHBACK_PROBE, argument}, {}, 20s});
    REQUIRE(result);
    INFO(argument);
    CHECK(result->exit_status == static_cast<int>(ProbeExit::impossible));
  }
}
