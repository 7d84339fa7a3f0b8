// SPDX-License-Identifier: MIT
#include "tests/bench/closures.hpp"
#include "tests/bench/measures.hpp"

namespace switchback::bench {
namespace {

using test::Closure;
using test::TestHost;

constexpr const char* kActivator = "switchback-activator.service";

/// Loads units until the host has `wanted` of them.
void load_units(TestHost& host, int wanted) {
  host.output_of(
      "have=$(systemctl list-units --all --no-legend | wc -l); "
      "for i in $(seq $have " +
          std::to_string(wanted) +
          "); do "
          "printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n' "
          ">/etc/systemd/system/filler$i.service; echo filler$i.service; done >/tmp/fillers; "
          "systemctl daemon-reload; xargs --no-run-if-empty systemctl start </tmp/fillers",
      std::chrono::minutes(5));
}

/// The peak of its memory and its processor time, of the activator that has just deployed.
void measure_one(TestHost& host, Figures& figures, int units) {
  load_units(host, units);
  host.wait_for("systemctl show -P ActiveState " + std::string(kActivator) + " | grep -q inactive",
                std::chrono::seconds(60));
  run(host, deploy_command(service(host, "with " + std::to_string(units), "exec sleep infinity"), "10"));
  const auto pid = host.unit_property(kActivator, "MainPID");
  const auto peak = std::stod(host.output_of("awk '/VmHWM/ { print $2 }' /proc/" + pid + "/status"));
  // User and system time, in hundredths of a second.
  const auto ticks = std::stod(host.output_of("awk '{ print $14 + $15 }' /proc/" + pid + "/stat"));
  const auto on = ", " + std::to_string(units) + " units on the host";
  figures.add({"activator's peak memory" + on, peak / 1024, "MiB", 12.0});
  figures.add({"activator's processor time, 10 s of soak" + on, ticks * 10, "ms"});
}

std::string many_units(TestHost& host, int count) {
  Closure closure("many");
  for (int index = 0; index < count; ++index) {
    closure.file("lib/systemd/system/many" + std::to_string(index) + ".service",
                 "[Unit]\nDescription=One of many\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                 "ExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n");
  }
  return closure.build(host.pusher());
}

}  // namespace

void measure_footprint(Figures& figures) {
  auto host = TestHost::boot();
  for (const int units : {50, 1000}) measure_one(host, figures, units);
  host.wait_for("systemctl show -P ActiveState " + std::string(kActivator) + " | grep -q inactive",
                std::chrono::seconds(60));
  const auto left = host.unit_property(kActivator, "MainPID") == "0" ? 0.0 : 1.0;
  figures.add({"activators that run on an idle host", left, "", 0.0});
}

void measure_generator(Figures& figures, int repeat) {
  for (const auto& [units, at_most] : {std::pair{10, 10.0}, std::pair{500, 60.0}}) {
    auto host = TestHost::boot();
    run(host, deploy_command(many_units(host, units), "0"));
    std::vector<double> times;
    for (int round = 0; round < repeat; ++round) {
      const auto seconds = host.output_of(
          "rm -rf /tmp/out; mkdir /tmp/out; bash -c 'TIMEFORMAT=%R; time "
          "/usr/lib/systemd/system-generators/switchback-generator /tmp/out /tmp/out /tmp/out' 2>&1");
      times.push_back(std::stod(seconds) * 1000);
    }
    figures.add({"generator, " + std::to_string(units) + " units", median(times), "ms", at_most});
  }
}

}  // namespace switchback::bench
