// SPDX-License-Identifier: MIT
#include "tests/bench/closures.hpp"
#include "tests/bench/measures.hpp"
#include "tests/support/testhost/process.hpp"

#include <nlohmann/json.hpp>

namespace switchback::bench {
namespace {

using test::TestHost;

/// What people who have no tool type: copy, set the profile, restart.
void deploy_raw(TestHost& host, const std::string& closure) {
  run(host, {"nix", "copy", "--no-check-sigs", "--to", "ssh://root@target", closure});
  run(host, {"ssh", "root@target",
             "nix-env --profile /nix/var/nix/profiles/per-user/root/raw --set " + closure + " && ln -sf " +
                 closure + "/lib/systemd/system/web.service /etc/systemd/system/raw.service" +
                 " && systemctl daemon-reload && systemctl restart raw.service"});
}

/// Until what the deployment before has left to do on the host is done.
void rest(TestHost& host) { host.output_of("systemctl daemon-reload && systemctl list-jobs --no-pager"); }

struct Pair {
  std::vector<double> ours, raw;
  void add_to(Figures& figures, const std::string& what) const {
    figures.add({what + ", switchback", median(ours), "ms"});
    figures.add({what + ", raw script", median(raw), "ms"});
    figures.add({what + ", ratio", median(ours) / median(raw), "", 1.0});
  }
};

nlohmann::json last_activation(TestHost& host) {
  test::PusherOptions options;
  options.input =
      R"({"method":"org.switchback.Activator.History","parameters":{"limit":1}})" + std::string(1, '\0');
  const auto answer = host.pusher({"ssh", "root@target", "switchback-activator", "bridge"}, options).out;
  return nlohmann::json::parse(answer.substr(0, answer.find('\0'))).at("parameters").at("activations").at(0);
}

/// When systemd wrote that web.service had failed, in milliseconds.
double failed_at(TestHost& host) {
  const auto line = host.output_of(
      "journalctl --sync; journalctl -o json -u web.service _PID=1 | grep \"Failed with result\" | tail -1");
  const auto entry = nlohmann::json::parse(line);
  return std::stod(entry.at("_SOURCE_REALTIME_TIMESTAMP").get<std::string>()) / 1000;
}

double told_at(const nlohmann::json& activation, const std::string& type, const std::string& key,
               const std::string& value) {
  for (const auto& event : activation.at("events")) {
    if (event.at("type") == type && (key.empty() || event.value(key, "") == value))
      return event.at("time").get<double>() * 1000;
  }
  throw std::runtime_error("the history tells no " + type + " " + value);
}

}  // namespace

void measure_deployments(Figures& figures, int repeat) {
  auto host = TestHost::boot();
  Pair same;
  Pair changed;
  const auto first = service(host, "first", "exec sleep infinity");
  run(host, deploy_command(first, "0"));
  deploy_raw(host, first);
  for (int round = 0; round < repeat; ++round) {
    rest(host);
    same.ours.push_back(time_ms([&] { run(host, deploy_command(first, "0")); }));
    rest(host);
    same.raw.push_back(time_ms([&] { deploy_raw(host, first); }));
  }
  for (int round = 0; round < repeat; ++round) {
    const auto ours = service(host, "ours " + std::to_string(round), "exec sleep infinity");
    const auto raw = service(host, "raw " + std::to_string(round), "exec sleep infinity");
    rest(host);
    changed.ours.push_back(time_ms([&] { run(host, deploy_command(ours, "0")); }));
    rest(host);
    changed.raw.push_back(time_ms([&] { deploy_raw(host, raw); }));
  }
  same.add_to(figures, "deployment that changes nothing");
  changed.add_to(figures, "deployment of one changed service");
}

void measure_reaction(Figures& figures, int repeat) {
  auto host = TestHost::boot();
  run(host, deploy_command(service(host, "good", "exec sleep infinity"), "0"));
  std::vector<double> verdict;
  std::vector<double> reverted;
  for (int round = 0; round < repeat; ++round) {
    const auto bad = service(host, "bad " + std::to_string(round), "sleep 1; exit 1");
    run(host, deploy_command(bad, "3"), 3);
    const auto activation = last_activation(host);
    const auto failed = failed_at(host);
    verdict.push_back(told_at(activation, "phase", "phase", "reverting") - failed);
    // The revert's own soak is asked for, not a cost.
    reverted.push_back(told_at(activation, "outcome", "", "") - failed - 3000);
  }
  figures.add({"from systemd's signal to the verdict", median(verdict), "ms", 50.0});
  figures.add({"from systemd's signal to reverted, without its soak", median(reverted), "ms"});
}

void measure_startup(Figures& figures, int repeat) {
  std::vector<double> times;
  for (int round = 0; round < 3 * repeat; ++round) {
    times.push_back(time_ms([] { (void)test::run_command({SWITCHBACK_CLI, "--version"}); }));
  }
  figures.add({"switchback --version", median(times), "ms", 20.0});
}

}  // namespace switchback::bench
