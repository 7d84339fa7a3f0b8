// SPDX-License-Identifier: MIT
#include "tests/faults/hosts.hpp"

#include "tests/support/guarantee/guarantee.hpp"
#include "tests/support/testhost/closure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace switchback::test {
namespace {

constexpr const char* kProfile = "/nix/var/nix/profiles/per-user/root/app";
constexpr std::chrono::seconds kRestWithin{150};
constexpr std::chrono::seconds kCutFor{3};

/// Run on the host, without a process for each look: the phases that matter most are over in no time. The
/// activator is stopped in it, so that it has not gone on when it is struck.
constexpr const char* kCatch = R"sh(
record=/var/lib/switchback/running.json
until [[ -e $record ]]; do sleep 0.01; ((SECONDS < 60)) || exit 1; done
pid=$(systemctl show -P MainPID switchback-activator.service)
until mapfile -d "" text <$record && [[ ${text[0]} == *"\"phase\":\"$1\""* ]]; do
  sleep 0.002
  [[ -e $record ]] || exit 1
done
sleep $2
kill -STOP $pid
)sh";

/// The last that the file of the running activation says; empty when none runs.
std::string phase_of(TestHost& host) {
  const auto record = host.run("cat /var/lib/switchback/running.json");
  if (record.status != 0) return "";
  const auto document = nlohmann::json::parse(record.out, nullptr, false);
  if (document.is_discarded() || !document.contains("state")) return "";
  return document.at("state").value("phase", "");
}

std::string activation_of(const std::string& events) {
  std::size_t begin = 0;
  while (begin < events.size()) {
    const auto end = std::min(events.find('\n', begin), events.size());
    const auto event = nlohmann::json::parse(events.substr(begin, end - begin), nullptr, false);
    if (event.is_object() && event.contains("activation")) return event.at("activation").get<std::string>();
    begin = end + 1;
  }
  return "";
}

/// The closure that the unit which systemd has loaded is of; «nothing», «two at once».
std::string running_closure(TestHost& host, const std::vector<std::string>& closures) {
  for (const auto& closure : closures) {
    const auto unit = closure + "/lib/systemd/system/web.service";
    if (host.run("cmp -s /run/systemd/generator/web.service " + unit).status != 0) continue;
    const auto start = host.output_of("systemctl show -P ExecStart web.service");
    const bool fresh = start.find(closure + "/") != std::string::npos &&
                       host.unit_property("web.service", "NeedDaemonReload") == "no";
    return fresh && host.unit_property("web.service", "ActiveState") == "active" ? closure : "two at once";
  }
  return "nothing";
}

}  // namespace

const char* text(Fault fault) {
  switch (fault) {
    case Fault::kill:
      return "kill -9 of the activator";
    case Fault::reexec:
      return "daemon-reexec";
    case Fault::cut:
      return "ssh cut";
    case Fault::crash:
      return "host crash";
  }
  return "";
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

StruckHost::StruckHost() : host_(TestHost::boot()) {
  committed_ = next_closure(Deployed::good);
  const auto first = host_.pusher({"switchback", "deploy", "--host", "root@target", "--profile", "app",
                                   "--path", committed_, "--soak", "0.5"});
  if (first.status != 0) throw std::runtime_error("the first closure was not committed: " + first.err);
}

std::string StruckHost::next_closure(Deployed deployed) {
  const std::string mark = "# " + std::to_string(++built_) + "\n";
  switch (deployed) {
    case Deployed::good:
      return web_closure(mark + "exec sleep infinity").build(host_.pusher());
    case Deployed::slow:
      return web_closure(mark + "sleep 1; exec sleep infinity").build(host_.pusher());
    case Deployed::bad:
      return web_closure(mark + "sleep 0.6; exit 1").build(host_.pusher());
  }
  return "";
}

void StruckHost::await(const Strike& strike) {
  if (strike.phase.empty()) return std::this_thread::sleep_for(strike.delay);
  const auto seconds = std::to_string(static_cast<double>(strike.delay.count()) / 1000);
  // It ends without when the phase did not come: then something else is struck, and that is told.
  (void)host_.run("bash -s '" + strike.phase + "' " + seconds + " <<'END'" + kCatch + "END\n",
                  std::chrono::seconds(90));
}

void StruckHost::inject(Fault fault, PusherProcess& pusher) {
  switch (fault) {
    case Fault::kill:
      (void)host_.run("systemctl kill -s KILL switchback-activator.service");
      return;
    case Fault::reexec:
      host_.output_of("systemctl daemon-reexec");
      return;
    case Fault::cut:
      host_.cut_network();
      std::this_thread::sleep_for(kCutFor);
      host_.restore_network();
      return;
    case Fault::crash:
      host_.crash();
      pusher.kill_all();
      host_.boot_again();
      return;
  }
}

Report StruckHost::run(const Strike& strike) {
  Report report;
  const auto closure = next_closure(strike.deployed);
  const auto pusher =
      host_.start_pusher({"switchback", "deploy", "--host", "root@target", "--profile", "app", "--path",
                          closure, "--soak", "1", "--confirm-timeout", "5", "--json"});
  await(strike);
  report.phase = phase_of(host_);
  // Who is to die need not wake up before.
  const bool dies = strike.fault == Fault::kill || strike.fault == Fault::crash;
  if (!strike.phase.empty() && !dies) (void)host_.run("systemctl kill -s CONT switchback-activator.service");
  inject(strike.fault, *pusher);
  const int told = strike.fault == Fault::crash ? -1 : pusher->wait(kRestWithin);
  look(closure, activation_of(pusher->out()), told, report);
  return report;
}

std::string StruckHost::history_outcome(const std::string& id) {
  PusherOptions options;
  options.input =
      R"({"method":"org.switchback.Activator.History","parameters":{"limit":3}})" + std::string(1, '\0');
  const auto answer = host_.pusher({"ssh", "root@target", "switchback-activator", "bridge"}, options).out;
  const auto reply = nlohmann::json::parse(answer.substr(0, answer.find('\0')), nullptr, false);
  if (!reply.is_object()) throw std::runtime_error("the host answers History with: " + answer);
  for (const auto& activation : reply.at("parameters").at("activations")) {
    if (activation.at("id") == id) return activation.at("outcome").at("outcome").get<std::string>();
  }
  return "";
}

void StruckHost::look(const std::string& tried, const std::string& id, int told, Report& report) {
  guarantee::Facts facts;
  const auto begun = std::chrono::steady_clock::now();
  try {
    host_.wait_for("test ! -e /var/lib/switchback/running.json", kRestWithin);
    facts.ended = true;
  } catch (const std::exception&) {
  }
  facts.took_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  facts.allowed_ms = std::chrono::milliseconds(kRestWithin).count();
  // At its end systemd is reloaded once more: its generators' output is away for a moment.
  host_.run("systemctl daemon-reload");
  guarantee::ProfileFacts app;
  app.profile = "app";
  app.before = committed_;
  app.wanted = tried;
  app.runs = running_closure(host_, {committed_, tried});
  app.named = host_.output_of("readlink -f " + std::string(kProfile));
  app.boots = "/nix/store/" + host_.output_of("readlink /etc/switchback/profiles/app/current");
  facts.profiles.push_back(app);
  facts.confirmed_in_time =
      app.named == tried;  // nobody else confirms; a commit without one is found by the others
  facts.answered_committed = told == 0;
  const auto outcome = id.empty() ? "" : history_outcome(id);
  if (!outcome.empty()) facts.outcome = parse<Outcome>(outcome);
  report.broken = guarantee::broken_by(facts);
  if (told == 0 && app.named != tried)
    report.broken.push_back("the pusher was told committed, but the host is not");
  if (told == 3 && app.named != committed_)
    report.broken.push_back("the pusher was told reverted, but the host is not");
  for (const char* path : {"/run/switchback/trial", "/nix/var/nix/gcroots/switchback"}) {
    const auto left = host_.run("ls " + std::string(path) + " 2>/dev/null").out;
    if (!left.empty()) report.broken.push_back(std::string(path) + " still has " + left);
  }
  const bool committed = app.named == tried;
  report.ending = !report.broken.empty() ? Ending::broken : committed ? Ending::committed : Ending::reverted;
  if (report.broken.empty() && facts.outcome && *facts.outcome != Outcome::committed &&
      *facts.outcome != Outcome::reverted && *facts.outcome != Outcome::refused)
    report.ending = Ending::needs_person;
  if (committed) committed_ = tried;
}

}  // namespace switchback::test
