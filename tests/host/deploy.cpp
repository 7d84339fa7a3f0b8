// SPDX-License-Identifier: MIT
#include "tests/host/deploy.hpp"

#include "tests/support/catch.hpp"

#include <sstream>

namespace switchback::test {
namespace {

Closure service_closure(const std::string& script, const std::string& service, const std::string& unit) {
  return Closure("web")
      .file("bin/web", "#!/bin/sh\n" + script + "\n")
      .file("lib/systemd/system/web.service", "[Unit]\nDescription=A web service\n" + unit +
                                                  "\n[Service]\nExecStart=@out@/bin/web\n" + service +
                                                  "\n[Install]\nWantedBy=multi-user.target\n");
}

}  // namespace

std::string web(TestHost& host, const std::string& name, const std::string& service,
                const std::string& unit) {
  return service_closure("echo this is " + name + "; exec sleep infinity", service, unit)
      .build(host.pusher());
}

std::string web_running(TestHost& host, const std::string& script, const std::string& service) {
  return service_closure(script, service, "").build(host.pusher());
}

std::string units(TestHost& host, const std::map<std::string, std::string>& files) {
  Closure closure("units");
  for (const auto& [path, text] : files) closure.file("lib/systemd/system/" + path, text);
  return closure.build(host.pusher());
}

std::vector<std::string> deploy_command(const std::string& closure, const std::vector<std::string>& more) {
  std::vector<std::string> argv{
      "switchback", "deploy", "--host", "root@target",       "--path", closure, "--profile",
      "app",        "--soak", "2",      "--confirm-timeout", "10"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

CommandResult deploy(TestHost& host, const std::string& closure, const std::vector<std::string>& more) {
  PusherOptions options;
  options.deadline = std::chrono::seconds(120);
  return host.pusher(deploy_command(closure, more), options);
}

void deploys(TestHost& host, const std::string& closure, const std::vector<std::string>& more, int status,
             const std::string& says) {
  expect(deploy(host, closure, more), status, says);
}

void settle(TestHost& host, const std::string& closure) {
  const auto result = deploy(host, closure, {"--soak", "0.5"});
  INFO(result.out << result.err);
  REQUIRE(result.status == 0);
  await_rest(host);
}

CommandResult verb(TestHost& host, const std::string& name, const std::vector<std::string>& more) {
  std::vector<std::string> argv{"switchback", name, "--host", "root@target"};
  argv.insert(argv.end(), more.begin(), more.end());
  PusherOptions options;
  options.deadline = std::chrono::seconds(120);
  return host.pusher(argv, options);
}

std::vector<std::string> of_app(const std::vector<std::string>& more) {
  std::vector<std::string> words{"--profile", "app", "--soak", "1", "--confirm-timeout", "10"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string shown(const CommandResult& result) { return result.out + result.err; }

void expect(const CommandResult& result, int status, const std::string& says) {
  INFO(shown(result));
  CHECK(result.status == status);
  CHECK_THAT(shown(result), Catch::Matchers::ContainsSubstring(says));
}

std::string named(TestHost& host, const std::string& profile) {
  return host.output_of("readlink -f " + profile);
}

std::vector<nlohmann::json> events_of(const CommandResult& result) {
  std::vector<nlohmann::json> events;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  return events;
}

nlohmann::json varlink(TestHost& host, const std::string& method, const nlohmann::json& parameters) {
  const nlohmann::json call{{"method", "org.switchback.Activator." + method},
                            {"parameters", parameters.is_null() ? nlohmann::json::object() : parameters}};
  PusherOptions options;
  options.input = call.dump() + std::string(1, '\0');
  const auto answer = host.pusher({"ssh", "root@target", "switchback-activator", "bridge"}, options);
  INFO(answer.err);
  REQUIRE(answer.status == 0);
  REQUIRE_FALSE(answer.out.empty());
  return nlohmann::json::parse(answer.out.substr(0, answer.out.find('\0')));
}

nlohmann::json last_outcome(TestHost& host) {
  const auto reply = varlink(host, "History", {{"limit", 1}});
  const auto& activations = reply.at("parameters").at("activations");
  return activations.empty() ? nlohmann::json() : activations[0].at("outcome");
}

int count_of_history(TestHost& host) {
  return static_cast<int>(varlink(host, "History").at("parameters").at("activations").size());
}

std::set<std::string> parts_of(const nlohmann::json& outcome) {
  std::set<std::string> parts;
  for (const auto& generation : outcome.at("generations")) parts.insert(generation.at("profile"));
  return parts;
}

void await_rest(TestHost& host) {
  host.wait_for("test ! -e /var/lib/switchback/running.json", std::chrono::seconds(90));
}

void check_runs(TestHost& host, const std::string& closure) {
  INFO(host.output_of("journalctl --no-pager -o cat -u switchback-activator.service | tail -40"));
  await_rest(host);  // whoever deploys is told the outcome a moment before
  CHECK(host.output_of("ls /run/switchback/trial 2>/dev/null || true").empty());
  CHECK(host.output_of("ls /nix/var/nix/gcroots/switchback 2>/dev/null || true").empty());
  CHECK_FALSE(host.exists("/run/systemd/system/switchback-activator.service.d"));
  if (closure.empty()) {
    CHECK_FALSE(host.exists(kProfile));
    CHECK(host.output_of("ls /etc/switchback/profiles").empty());
    CHECK(host.run("systemctl cat web.service").status != 0);
    return;
  }
  CHECK(named(host) == closure);
  CHECK("/nix/store/" + host.output_of("readlink /etc/switchback/profiles/app/current") == closure);
  if (!host.exists(closure + "/lib/systemd/system/web.service")) return;
  // By the definition that systemd loaded, and by the process that runs.
  // At the end of an activation systemd is reloaded once more: its generators' output is away for a moment.
  host.wait_for("cmp /run/systemd/generator/web.service " + closure + "/lib/systemd/system/web.service");
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
  const auto main_pid = host.unit_property("web.service", "MainPID");
  CHECK(host.unit_property("web.service", "NeedDaemonReload") == "no");
  CHECK(main_pid != "0");
}

std::string invocation(TestHost& host, const std::string& unit) {
  return host.unit_property(unit, "InvocationID");
}

}  // namespace switchback::test
