// SPDX-License-Identifier: MIT
// A clock that is set while a trial runs, as a time server does it: what is to last so many seconds lasts no
// less and not much more. Containers share the clock of the machine that tests: this needs an emulated one.
#include "tests/support/catch.hpp"
#include "tests/support/machine/machine.hpp"
#include "tests/support/testhost/closure.hpp"

#include <cmath>
#include <string>
#include <vector>

using namespace switchback::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Ended {
  int status = 0;
  std::string told;
  Duration took{0};  // since the pusher was told of the phase
};

/// Deploys a web service that runs `script`, with `options`, and times it from the beginning of `phase` on.
Ended deploy(Machine& machine, const std::string& script, const std::string& phase,
             const std::vector<std::string>& options) {
  std::vector<std::string> command{"switchback", "deploy",      "--json",
                                   "--host",     "root@target", "--profile",
                                   "app",        "--path",      web_closure(script).build(machine.pusher())};
  command.insert(command.end(), options.begin(), options.end());
  const auto process = machine.pusher().start(command);
  process->wait_for_output("\"phase\":\"" + phase + "\"", 3min);
  const auto begun = std::chrono::steady_clock::now();
  Ended ended;
  ended.status = process->wait(3min);
  ended.took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
  ended.told = process->out() + process->err();
  return ended;
}

/// How far the machine's clock has been set since it said `begin`.
long days_since(Machine& machine, const std::string& begin) {
  const auto seconds = std::stod(machine.output_of("date +%s")) - std::stod(begin);
  return std::lround(seconds / 86400);
}

}  // namespace

TEST_CASE("a clock that is set in a trial ends no deadline, and holds none up", "[clock]") {
  Machine machine;
  machine.boot();
  const auto begin = machine.output_of("date +%s");

  const auto good =
      deploy(machine, "sleep 1\ndate --set '1 day ago'\nsleep 2\ndate --set '2 days'\nexec sleep infinity",
             "observing", {"--soak", "6", "--confirm-timeout", "60"});
  INFO(good.told);
  CHECK(good.status == 0);
  CHECK(good.took > 5s);
  CHECK(days_since(machine, begin) == 1);

  const auto bad = deploy(machine, "sleep 1\ndate --set '2 days ago'\nsleep 2\nexit 1", "observing",
                          {"--soak", "6", "--confirm-timeout", "60"});
  INFO(bad.told);
  CHECK(bad.status == 3);
  CHECK_THAT(bad.told, ContainsSubstring("exited with status 1"));
  CHECK(days_since(machine, begin) == -1);

  const auto forgotten = deploy(
      machine,
      "until grep -q '\"awaiting confirmation\"' /var/lib/switchback/running.json; do sleep 0.2; done\n"
      "date --set '1 day ago'\nexec sleep infinity",
      "awaiting confirmation", {"--soak", "1", "--confirm", "manual", "--confirm-timeout", "8"});
  INFO(forgotten.told);
  CHECK(forgotten.status == 3);
  CHECK(forgotten.took > 7s);
  CHECK(days_since(machine, begin) == -2);
}
