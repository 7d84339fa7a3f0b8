// SPDX-License-Identifier: MIT
// The gate's checks on whole hosts: what units alone do not tell, found before it is kept.
#include "tests/host/deploy.hpp"
#include "tests/host/repository.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

json exec(const std::string& script) {
  return {{"type", "exec"}, {"command", {"/bin/sh", "-c", script}}, {"interval", 0.3}};
}

/// Activates `closure` as profile «app», past the command, and waits for its end.
json activate(TestHost& host, const std::string& closure, json gate, const json& more = {}) {
  static int count = 0;
  host.copy_closure(closure);
  const auto digits = std::to_string(++count);
  gate.emplace("soak", 1);
  gate.emplace("deadline", 5);
  if (gate.contains("checks")) {
    for (auto& check : gate["checks"]) check.emplace("timeout", 2);
  }
  json request{{"api", 1},
               {"id", std::string(32 - digits.size(), 'a') + digits},
               {"changes", json::array({json{{"profile", "app"}, {"closure", closure}}})},
               {"confirm", "none"},
               {"gate", gate}};
  if (!more.is_null()) request.update(more);
  const auto reply = varlink(host, "Activate", request);
  INFO(reply.dump());
  REQUIRE_FALSE(reply.contains("error"));
  if (!more.is_null()) return reply;
  await_rest(host);
  return last_outcome(host);
}

json checked_by(const json& check) { return {{"checks", {{"web", check}}}}; }

void comes_to(const json& outcome, const std::string& end, const std::string& says = "") {
  INFO(outcome.dump(2));
  CHECK(outcome.at("outcome") == end);
  std::string causes;
  for (const auto& cause : outcome.at("causes")) causes += cause.at("message").get<std::string>() + "\n";
  if (!says.empty()) CHECK_THAT(causes, ContainsSubstring(says));
}

/// Nothing of a check is left on the host.
void check_tidy(TestHost& host) {
  host.wait_for("test -z \"$(systemctl list-units --all --no-legend 'switchback-check-*')\"");
}

/// A web server that systemd starts with each request, and that answers it with `status`.
std::string socket_activated(TestHost& host, const std::string& status) {
  return Closure("web")
      .file("bin/answer",
            "#!/bin/sh\nwhile read -r line && [ \"$line\" != \"$(printf '\\r')\" ]; do :; done\n"
            "printf 'HTTP/1.1 " +
                status + "\\r\\nContent-Length: 11\\r\\nConnection: close\\r\\n\\r\\nno backend\\n'\n")
      .file("lib/systemd/system/web.socket",
            "[Socket]\nListenStream=127.0.0.1:8080\nAccept=yes\n[Install]\nWantedBy=sockets.target\n")
      .file("lib/systemd/system/web@.service",
            "[Service]\nExecStart=@out@/bin/answer\nStandardInput=socket\nStandardError=journal\n")
      .build(host.pusher());
}

}  // namespace

TEST_CASE("a check that the new closure brings is asked, confined, and passes", "[checks]") {
  auto host = TestHost::boot();
  const auto closure =
      Closure("web")
          .file("bin/check",
                "#!/bin/sh\nid -u\ntouch /etc/evil /nix/evil 2>/dev/null && exit 1\n"
                "test \"$(id -u)\" != 0 && test -e /run/web-runs\n")
          .file("lib/systemd/system/web.service",
                "[Service]\nExecStartPre=/usr/bin/touch /run/web-runs\nExecStart=/bin/sleep infinity\n"
                "[Install]\nWantedBy=multi-user.target\n")
          .build(host.pusher());
  comes_to(activate(host, closure, checked_by({{"type", "exec"}, {"command", {closure + "/bin/check"}}})),
           "committed");
  CHECK_FALSE(host.exists("/etc/evil"));
  check_tidy(host);
}

TEST_CASE(
    "a socket-activated service that is only broken on traffic is found by a check, and by nothing else",
    "[checks]") {
  auto host = TestHost::boot();
  const json http{{"type", "http"}, {"url", "http://127.0.0.1:8080/"}, {"interval", 0.3}};
  const auto good = socket_activated(host, "200 OK");
  comes_to(activate(host, good, checked_by(http)), "committed");
  const auto bad = socket_activated(host, "500 Internal Server Error");
  const auto outcome = activate(host, bad, checked_by(http));
  comes_to(outcome, "reverted", "check web: answered 500, not 200 to 299\n");
  CHECK(outcome.at("causes").back().at("log") == json{"no backend"});
  CHECK(named(host) == good);
  comes_to(activate(host, bad, json::object()), "committed");
  check_tidy(host);
}

TEST_CASE("a check that failed beforehand must pass all the same, unless that is tolerated", "[checks]") {
  Settled settled;
  auto& host = settled.host;
  auto gate = checked_by(exec("test -e /run/table || { echo no table; exit 1; }"));
  const auto second = web(host, "web-2");
  const auto outcome = activate(host, second, gate);
  comes_to(outcome, "reverted", "check web: exit status 1; it failed before too");
  CHECK(outcome.at("causes").back().at("log") == json{"no table"});
  check_runs(host, settled.closure);
  gate["prefailing"] = "tolerate";
  comes_to(activate(host, second, gate), "committed");
  gate["prefailing"] = "fail";
  host.write_file("/run/table", "");
  comes_to(activate(host, settled.closure, gate), "committed");
}

TEST_CASE("a check that hangs is killed with all that it has started", "[checks]") {
  Settled settled;
  auto& host = settled.host;
  auto hanging = exec("trap '' TERM; sleep 7654321 & echo waiting for the backend; wait; wait");
  hanging["timeout"] = 1;
  const auto outcome = activate(host, web(host, "web-2"), checked_by(hanging));
  comes_to(outcome, "reverted", "check web: did not answer within 1 s");
  CHECK(outcome.at("causes").back().at("log") == json{"waiting for the backend"});
  check_runs(host, settled.closure);
  check_tidy(host);
  host.wait_for("! pgrep -f '[s]leep 7654321'");
}

TEST_CASE("a check that is not required is only warned of", "[checks]") {
  Settled settled;
  auto& host = settled.host;
  auto check = exec("exit 3");
  check["required"] = false;
  comes_to(activate(host, web(host, "web-2"), checked_by(check)), "committed");
  CHECK_THAT(varlink(host, "History", {{"limit", 1}}).dump(), ContainsSubstring("not required") &&
                                                                  ContainsSubstring("check web") &&
                                                                  ContainsSubstring("exit status 3"));
}

TEST_CASE("a check that cannot be asked is refused, and nothing has changed", "[checks]") {
  Settled settled;
  auto& host = settled.host;
  const auto before = invocation(host);
  const auto [check, why] = GENERATE(table<json, std::string>({
      {{{"type", "exec"}, {"command", {"/no/such/check"}}}, "/no/such/check: No such file or directory"},
      {{{"type", "exec"}, {"command", {"/etc/passwd"}}}, "/etc/passwd is not executable"},
      {{{"type", "exec"}, {"command", {"/bin/true"}}, {"user", "nobody-at-all"}}, "no user nobody-at-all"},
      {{{"type", "unit"}, {"unit", "web"}}, "«web»"},
      {{{"type", "http"}, {"url", "http://["}}, "check web cannot be asked on this host: "},
  }));
  comes_to(activate(host, web(host, "web-2"), checked_by(check)), "refused", why);
  CHECK(invocation(host) == before);
  check_runs(host, settled.closure);
}

TEST_CASE("check finds out beforehand what a gate would be refused for, and warns of what it names in vain",
          "[checks]") {
  auto host = TestHost::boot();
  const auto manifest = [&](const json& gate) {
    const json app{{"user", "root"}, {"path", "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-app"}};
    const json node{
        {"hostname", "target"}, {"sshUser", "root"}, {"gate", gate}, {"profiles", {{"app", app}}}};
    write(host, "fleet.json", json{{"nodes", {{"web", node}}}}.dump());
    return in_repository(host, "switchback check --file fleet.json web");
  };
  const auto wrong = manifest({{"critical", {"shs.service"}},
                               {"checks", {{"web", {{"type", "exec"}, {"command", {"/no/such/check"}}}}}}});
  expect(wrong, 1, "check web cannot be asked on this host: /no/such/check: No such file or directory");
  expect(wrong, 1, "«shs.service» matches no unit that is loaded here");
  expect(wrong, 1, "did you mean ssh.service?");
  expect(manifest({{"critical", {"ssh.service"}}}), 0, "the host can ask its checks");
}

TEST_CASE("units, ports and bus names are checks, too", "[checks]") {
  Settled settled;
  auto& host = settled.host;
  json gate{{"checks",
             {{"unit", {{"type", "unit"}, {"unit", "web.service"}}},
              {"ssh", {{"type", "tcp"}, {"address", "localhost:22"}}},
              {"login", {{"type", "dbus-name"}, {"name", "org.freedesktop.login1"}}}}}};
  const auto second = web(host, "web-2");
  comes_to(activate(host, second, gate), "committed");
  const auto [check, says] = GENERATE(table<json, std::string>({
      {{{"type", "unit"}, {"unit", "web.service"}, {"state", "failed"}}, "web.service is active (running)"},
      {{{"type", "tcp"}, {"address", "127.0.0.1:9"}}, "127.0.0.1:9: Connection refused"},
      {{{"type", "dbus-name"}, {"name", "org.example.Web"}}, "nobody owns org.example.Web"},
  }));
  gate["checks"]["web"] = check;
  comes_to(activate(host, settled.closure, gate), "reverted", "check web: " + says);
  check_runs(host, second);
}

TEST_CASE("a check that breaks while the confirm is awaited takes the generation back", "[checks]") {
  Settled settled;
  auto& host = settled.host;
  auto check = exec("! test -e /run/broken");
  check["failures"] = 1;
  activate(host, web(host, "web-2"), checked_by(check), {{"confirm", "manual"}, {"confirmTimeout", 60}});
  host.wait_for("grep -q 'awaiting confirmation' /var/lib/switchback/running.json");
  SECTION("when it is told of") {}
  SECTION("when the activator was killed before") {
    host.output_of("systemctl kill -s KILL switchback-activator.service");
  }
  host.write_file("/run/broken", "");
  await_rest(host);
  comes_to(last_outcome(host), "reverted", "check web: exit status 1");
  check_runs(host, settled.closure);
  check_tidy(host);
}
