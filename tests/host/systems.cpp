// SPDX-License-Identifier: MIT
#include "tests/host/systems.hpp"

#include "tests/support/catch.hpp"

#include <random>

namespace switchback::test {
namespace {

std::string random_id() {
  std::random_device random;
  std::string id;
  while (id.size() < 32) id += "0123456789abcdef"[random() % 16];
  return id;
}

}  // namespace

std::string service(const std::string& name, const std::string& more) {
  return service_running("echo this is " + name + "; exec sleep infinity", more);
}

std::string service_running(const std::string& script, const std::string& more) {
  return "[Unit]\nDescription=A service\n[Service]\nExecStart=/bin/sh -c '" + script + "'\n" + more + "\n";
}

NixosClosure web_system(const std::string& name) {
  return NixosClosure(name).wanted("web.service", service("web of " + name));
}

NixosHost::NixosHost(const NixosClosure& system) : first(system.build(host.pusher())) {
  become_nixos(host, first);
}

std::vector<std::string> deploy_to(const std::string& profile, const std::string& closure,
                                   const std::vector<std::string>& more) {
  std::vector<std::string> argv{
      "switchback", "deploy", "--host", "root@target",       "--path", closure, "--profile",
      profile,      "--soak", "2",      "--confirm-timeout", "10"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

CommandResult deploy_system(TestHost& host, const std::string& system, const std::vector<std::string>& more) {
  PusherOptions options;
  options.deadline = std::chrono::seconds(120);
  return host.pusher(deploy_to("system", system, more), options);
}

void await_phase(TestHost& host, const std::string& phase) {
  host.wait_for("grep -q '\"phase\":\"" + phase + "\"' /var/lib/switchback/running.json",
                std::chrono::seconds(60));
}

nlohmann::json activate(TestHost& host, const std::string& method, nlohmann::json parameters) {
  const nlohmann::json defaults{
      {"api", 1}, {"id", random_id()}, {"confirm", "none"}, {"gate", {{"soak", 1}}}};
  for (const auto& [key, value] : defaults.items()) {
    if (!parameters.contains(key)) parameters[key] = value;
  }
  const auto reply = varlink(host, method, parameters);
  INFO(reply.dump());
  REQUIRE(reply.at("parameters").contains("id"));
  await_rest(host);
  return last_outcome(host);
}

nlohmann::json change(const std::string& profile, const std::string& closure) {
  return {{"changes", {{{"profile", profile}, {"closure", closure}}}}};
}

std::string causes(const nlohmann::json& outcome) {
  std::string text;
  for (const auto& cause : outcome.at("causes")) text += cause.dump() + "\n";
  return text;
}

void check_rest(TestHost& host) {
  await_rest(host);  // whoever waits for the outcome is told it before it is in the history
  CHECK_FALSE(host.exists("/var/lib/switchback/running.json"));
  CHECK(host.output_of("ls /run/switchback/trial 2>/dev/null || true").empty());
  CHECK(host.output_of("ls /nix/var/nix/gcroots/switchback 2>/dev/null || true").empty());
  CHECK_FALSE(host.exists("/run/systemd/system/switchback-activator.service.d"));
  CHECK(host.output_of("systemctl list-units --all --plain --no-legend 'switchback-run-*'").empty());
}

std::string generations(TestHost& host) {
  return host.output_of("cd /nix/var/nix/profiles && echo system-*-link");
}

std::string boot_entries(TestHost& host) { return host.output_of("cd /boot/loader/entries && echo *"); }

void check_system(TestHost& host, const std::string& system) {
  INFO(host.output_of("journalctl --no-pager -o cat -u switchback-activator.service | tail -40"));
  check_rest(host);
  CHECK(host.output_of("readlink /run/current-system") == system);
  CHECK(host.output_of("readlink -f /nix/var/nix/profiles/system") == system);
  CHECK(boot_entry(host) == system);
  CHECK(host.output_of(
                "cd /run/nixos 2>/dev/null && ls start-list restart-list reload-list 2>/dev/null || true")
            .empty());
  CHECK(host.output_of("cat /etc/system-name; cat /etc/systemd/system/web.service") ==
        host.output_of("cat " + system + "/nixos-version " + system + "/etc/systemd/system/web.service"));
  CHECK(host.unit_property("web.service", "ActiveState") == "active");
  CHECK(host.unit_property("web.service", "NeedDaemonReload") == "no");
  CHECK(host.run("systemctl list-jobs --no-legend | grep .").out.empty());
}

}  // namespace switchback::test
