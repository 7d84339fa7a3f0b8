// SPDX-License-Identifier: MIT
#include "tests/behaviours/play.hpp"

#include "tests/support/testhost/closure.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <sstream>
#include <stdexcept>

namespace switchback::test {
namespace {

using nlohmann::json;

std::vector<std::string> switchback(const TestHost& host, const std::string& verb,
                                    const std::vector<std::string>& more) {
  // A terminal that can only print lines: what is shown is the same each time.
  return std::vector<std::string>{"env", "TERM=dumb", "NO_COLOR=1",         "switchback",
                                  verb,  "--host",    "root@" + host.name()} +
         more;
}

PusherOptions within(int seconds, bool terminal) {
  PusherOptions options;
  options.terminal = terminal;
  options.deadline = std::chrono::seconds(seconds);
  return options;
}

std::string build(TestHost& host, const std::string& name, const std::map<std::string, std::string>& files) {
  Closure closure(name);
  for (const auto& [path, text] : files) closure.file(path, text);
  return closure.build(host.pusher());
}

void prepare(TestHost& host, const Behaviour& behaviour) {
  for (const auto& [path, text] : behaviour.host_files) host.write_file(path, text);
  if (!behaviour.host_files.empty()) host.output_of("systemctl daemon-reload");
  if (!behaviour.earlier.empty()) {
    const auto first = build(host, behaviour.name + "-0", behaviour.earlier);
    const auto result = host.pusher(
        switchback(host, "deploy", {"--profile", "app", "--soak", "0", "--path", first}), within(60, false));
    if (result.status != 0)
      throw std::runtime_error("the generation before was not committed: " + result.err);
  }
  if (!behaviour.prepare.empty()) host.output_of(behaviour.prepare);
}

/// What the history has of the newest activation.
json newest(TestHost& host) {
  const auto result = host.pusher(switchback(host, "history", {"--json", "--limit", "1"}), within(60, false));
  if (result.status != 0) throw std::runtime_error("the history cannot be read: " + result.err);
  return json::parse(result.out);
}

std::string text_at(const json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_string() ? found->get<std::string>() : "";
}

void look_at_outcome(TestHost& host, Seen& seen) {
  const auto outcome = newest(host).at("outcome");
  seen.outcome = text_at(outcome, "outcome");
  const auto& causes = outcome.at("causes");
  if (!causes.empty()) seen.cause = text_at(causes.front(), "message");
}

void object(Seen& seen, const std::string& problem) {
  seen.problem += (seen.problem.empty() ? "" : "; ") + problem;
}

}  // namespace

Seen play(TestHost& host, const Behaviour& behaviour) {
  Seen seen;
  prepare(host, behaviour);
  const auto closure = build(host, behaviour.name, behaviour.closure);
  const auto limit = behaviour.takes + 180;
  const auto begun = std::chrono::steady_clock::now();
  const auto command = host.start_pusher(
      switchback(host, "deploy",
                 std::vector<std::string>{"--profile", "app", "--path", closure} + behaviour.options),
      within(limit, true));
  if (!behaviour.soak.empty()) {
    command->wait_for_output("observing", std::chrono::seconds(limit));
    const auto done = host.run(behaviour.soak);
    if (done.status != 0) object(seen, "what is done in the soak failed: " + done.out + done.err);
  }
  command->wait(std::chrono::seconds(limit));
  seen.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  seen.terminal = command->out();
  look_at_outcome(host, seen);
  const auto stands = [&](const std::string& text) { return seen.terminal.find(text) != std::string::npos; };
  for (const auto& text : behaviour.says) {
    if (!stands(text)) object(seen, "«" + text + "» is not on the terminal");
  }
  for (const auto& text : behaviour.never_says) {
    if (stands(text)) object(seen, "«" + text + "» is on the terminal");
  }
  if (!behaviour.afterwards.empty()) {
    const auto done = host.run(behaviour.afterwards);
    if (done.status != 0) object(seen, "afterwards: " + done.out + done.err);
  }
  return seen;
}

bool tidied(TestHost& host, const Behaviour& behaviour) {
  try {
    if (host.exists("/nix/var/nix/profiles/per-user/root/app")) {
      host.pusher(switchback(host, "remove", {"--profile", "app", "--soak", "0", "--gate-deadline", "20"}),
                  within(120, false));
    }
    std::ostringstream tidy;
    for (const auto& [path, text] : behaviour.host_files) {
      const auto unit = path.substr(path.rfind('/') + 1);
      if (path.starts_with("/etc/systemd/system/")) tidy << "systemctl stop " << unit << "\n";
      tidy << "rm -f " << path << "\n";
    }
    tidy << behaviour.clean << "\nsystemctl daemon-reload\nsystemctl reset-failed\n";
    host.run(tidy.str());
    return host.run(
                   "test ! -e /var/lib/switchback/running.json && test -z \"$(ls /etc/switchback/profiles)\" "
                   "&& test \"$(systemctl is-system-running)\" = running")
               .status == 0;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace switchback::test
