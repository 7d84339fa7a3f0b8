// SPDX-License-Identifier: MIT
#include "tests/power/scenario.hpp"

#include "tests/support/testhost/closure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace switchback::test {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPayload = std::size_t{4} << 20U;  // so much that a sync of it can be cut

Duration since(Clock::time_point begin) { return std::chrono::duration_cast<Duration>(Clock::now() - begin); }

std::string payload(unsigned number) {
  std::mt19937 random(number);
  std::string text;
  text.reserve(kPayload + 16);
  while (text.size() < kPayload) text += std::to_string(random()) + "\n";
  return text;
}

std::vector<json> events_in(const std::string& out) {
  std::vector<json> events;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    auto event = json::parse(line, nullptr, false);
    if (event.is_object()) events.push_back(std::move(event));
  }
  return events;
}

/// The phase that an event begins; the outcome counts as one.
std::string phase_of(const json& event) {
  const auto type = event.value("type", "");
  if (type == "phase") return event.value("phase", "");
  return type == "outcome" ? event.value("outcome", "") : "";
}

std::string last_phase(const std::string& out) {
  std::string phase;
  for (const auto& event : events_in(out)) {
    if (auto begun = phase_of(event); !begun.empty()) phase = std::move(begun);
  }
  return phase;
}

std::string activation_in(const std::string& out) {
  for (const auto& event : events_in(out)) {
    if (event.contains("activation")) return event.at("activation");
  }
  return "";
}

std::vector<std::string> deploy(const std::string& closure) {
  return {"switchback", "deploy", "--json", "--host", "root@target",       "--path", closure,
          "--profile",  "app",    "--soak", "1",      "--confirm-timeout", "60"};
}

// One login; each line NAME=VALUE. What a host at rest says of itself, asked of whoever would know best.
constexpr const char* kLook = R"sh(
state=$(systemctl is-system-running --wait)
tries=300
while [ -e /var/lib/switchback/running.json ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); sleep 0.2; done
[ ! -e /var/lib/switchback/running.json ] || echo "unfinished=$(head -c 300 /var/lib/switchback/running.json)"
profile=$(readlink -f /nix/var/nix/profiles/per-user/root/app)
echo "state=$state"
echo "failed=$(systemctl --failed --no-legend --plain | tr '\n' ' ')"
echo "named by the profile=$profile"
echo "among the committed copies=/nix/store/$(readlink /etc/switchback/profiles/app/current)"
unit=$(systemctl show --value --property FragmentPath web.service)
echo "given to systemd=$(sed -n 's|^ExecStart=\(.*\)/bin/web$|\1|p' "$unit")"
pid=$(systemctl show --value --property MainPID web.service)
echo "running=$(tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n 's|/bin/web$||p')"
echo "trial=$(ls /run/switchback/trial 2>/dev/null | tr '\n' ' ')"
echo "roots=$(ls /nix/var/nix/gcroots/switchback 2>/dev/null | tr '\n' ' ')"
cmp -s "$profile/lib/systemd/system/web.service" "$unit" || echo "unit=$unit differs"
for link in /nix/var/nix/profiles/per-user/root/app-*-link; do
  [ -e "$link" ] || echo "dangling=$link"
done
for path in $profile "$BEFORE" "$TRIED"; do
  nix-store --check-validity "$path" 2>/dev/null || { echo "invalid $path=yes"; continue; }
  nix-store --verify-path "$path" >/dev/null 2>&1 || echo "damaged $path=yes"
done
printf '%s\0' '{"method":"org.switchback.Activator.History","parameters":{"limit":1}}' |
  switchback-activator bridge | tr -d '\0\n' | sed 's/^/history=/'
)sh";

using Facts = std::map<std::string, std::string>;

Facts facts_in(const std::string& text) {
  Facts facts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) facts[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return facts;
}

/// What the history says of the activation `id`, if that is the last that it knows.
std::optional<std::string> outcome_of(const std::string& id, const Facts& facts) {
  const auto found = facts.find("history");
  const auto reply = json::parse(found == facts.end() ? "" : found->second, nullptr, false);
  if (!reply.is_object()) return std::nullopt;
  const auto activations = reply.value("/parameters/activations"_json_pointer, json::array());
  if (activations.empty() || activations[0].value("id", "") != id) return std::nullopt;
  return activations[0].value("/outcome/outcome"_json_pointer, "");
}

}  // namespace

const std::vector<std::string>& phases_to_cut() {
  static const std::vector<std::string> phases{"switching", "observing", "awaiting confirmation",
                                               "committing", "committed"};
  return phases;
}

const char* text(Ending ending) {
  switch (ending) {
    case Ending::committed:
      return "committed";
    case Ending::reverted:
      return "reverted";
    case Ending::needs_person:
      return "needs a person";
    case Ending::broken:
      return "broken";
  }
  return "";
}

CutDeployments::CutDeployments(Writeback writeback, Deployed deployed) : deployed_(deployed) {
  const auto begin = Clock::now();
  machine_.boot(writeback);
  first_boot_ = since(begin);
  measure();
}

std::string CutDeployments::next_closure() {
  const auto name = std::to_string(++built_);
  Closure closure("web");
  closure.file("bin/web", "#!/bin/sh\n# " + name + "\nwhile sleep 1000; do :; done\n")
      .file("share/payload", payload(static_cast<unsigned>(built_)))
      .file("lib/systemd/system/web.service",
            "[Unit]\nDescription=The web service\n[Service]\nExecStart=@out@/bin/web\n"
            "[Install]\nWantedBy=multi-user.target\n");
  // It syncs nothing either.
  if (deployed_ == Deployed::script)
    closure.file("switchback-activate",
                 "#!/bin/sh\nset -e\n"
                 "install -m 644 @out@/lib/systemd/system/web.service /etc/systemd/system/web.service\n"
                 "systemctl daemon-reload\nsystemctl enable --quiet web.service\n"
                 "systemctl restart web.service\n");
  return closure.build(machine_.pusher());
}

std::vector<Duration> CutDeployments::measure() {
  const auto closure = next_closure();
  PusherOptions options;
  options.deadline = std::chrono::minutes(5);
  const auto result = machine_.pusher().run(deploy(closure), options);
  if (result.status != 0) throw std::runtime_error("not committed: " + result.out + result.err);
  committed_ = closure;
  std::map<std::string, double> begun;
  for (const auto& event : events_in(result.out)) {
    if (const auto phase = phase_of(event); !phase.empty()) begun[phase] = event.value("time", 0.0);
  }
  std::vector<Duration> lengths;
  const auto& phases = phases_to_cut();
  for (std::size_t index = 0; index + 1 < phases.size(); ++index) {
    lengths.emplace_back(static_cast<std::int64_t>((begun[phases[index + 1]] - begun[phases[index]]) * 1000));
  }
  lengths.emplace_back(3000);
  return lengths;
}

CutReport CutDeployments::run(const Cut& cut, Writeback next) {
  const auto begin = Clock::now();
  const auto tried = next_closure();
  const auto process = machine_.pusher().start(deploy(tried));
  const auto come = [&](const std::string& out, const std::string&) {
    const auto& phases = phases_to_cut();
    const auto now = std::find(phases.begin(), phases.end(), last_phase(out));
    return now != phases.end() && now >= std::find(phases.begin(), phases.end(), cut.phase);
  };
  try {
    process->wait_for_output(come, std::chrono::minutes(5), cut.phase);
  } catch (const std::runtime_error& error) {
    throw NotCut(error.what());
  }
  std::this_thread::sleep_for(cut.delay);
  machine_.pull_the_plug();
  CutReport report;
  // What was under way to the pusher still arrives; then its connections are closed.
  process->ended_within(Duration(500));
  process->kill_all();
  process->wait();
  report.phase = last_phase(process->out());
  report.told_committed = report.phase == "committed";
  report.loss = machine_.lose_unflushed(cut.seed);
  const auto dark = Clock::now();
  machine_.boot(next);
  report.boot = since(dark);
  look(tried, activation_in(process->out()), report);
  report.took = since(begin);
  return report;
}

void CutDeployments::look(const std::string& tried, const std::string& id, CutReport& report) {
  const auto told =
      machine_.output_of("BEFORE=" + committed_ + " TRIED=" + tried + "\n" + kLook, std::chrono::minutes(5));
  const auto facts = facts_in(told);
  const auto fact = [&](const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? "" : found->second;
  };
  auto& broken = report.broken;
  const auto profile = fact("named by the profile");
  if (profile != committed_ && profile != tried) broken.push_back("the profile names " + profile);
  for (const std::string what : {"among the committed copies", "given to systemd", "running"}) {
    if (what == "among the committed copies" && deployed_ == Deployed::script) continue;  // has none
    if (const auto found = fact(what); found != profile)
      broken.push_back(
          std::string(what).append(" is «").append(found).append("», not what the profile names"));
  }
  if (fact("state") != "running") broken.push_back("the system is " + fact("state") + ": " + fact("failed"));
  for (const std::string what : {"unfinished", "trial", "roots", "unit", "dangling"}) {
    if (!fact(what).empty()) broken.push_back(what + ": " + fact(what));
  }
  // What was refused or reverted, too: nix calls it valid, and the next push of it would copy nothing.
  for (const auto& path : std::set{profile, committed_, tried}) {
    if (path != tried && facts.contains("invalid " + path))
      broken.push_back(path + " is not valid in the store");
    if (facts.contains("damaged " + path)) broken.push_back(path + " is damaged in the store");
  }
  const auto outcome = outcome_of(id, facts).value_or("nothing");
  if (report.told_committed && profile != tried) broken.emplace_back("it was told as committed, and is gone");
  if (outcome == "committed" || outcome == "reverted") {
    report.ending = outcome == "committed" ? Ending::committed : Ending::reverted;
    const auto& means = outcome == "committed" ? tried : committed_;
    if (profile != means) broken.push_back("the history says " + outcome + ", the profile names " + profile);
  } else if (outcome == "nothing" || outcome.empty()) {
    broken.push_back("the history does not know it: " + fact("history").substr(0, 300));
  } else {
    report.ending = Ending::needs_person;
  }
  if (!broken.empty()) {
    report.ending = Ending::broken;
    broken.push_back("all that the host said:\n" + told);
  }
  committed_ = profile;
}

}  // namespace switchback::test
