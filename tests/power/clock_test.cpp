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
  Duration observed{0};  // how long it was observed, and what came after that
};

/// A service that runs `script`, with `service` in its section of that name.
std::string closure(Machine& machine, const std::string& script, const std::string& service = "") {
  return Closure("web")
      .file("bin/web", "#!/bin/sh\n" + script + "\n")
      .file("lib/systemd/system/web.service",
            "[Unit]\nDescription=A web service\n[Service]\nExecStart=@out@/bin/web\n" + service +
                "\n[Install]\nWantedBy=multi-user.target\n")
      .build(machine.pusher());
}

Ended deploy(Machine& machine, const std::string& path, const std::vector<std::string>& options) {
  std::vector<std::string> command{"switchback", "deploy", "--json", "--host", "root@target",
                                   "--profile",  "app",    "--path", path};
  command.insert(command.end(), options.begin(), options.end());
  const auto process = machine.pusher().start(command);
  process->wait_for_output("\"phase\":\"observing\"", 3min);
  const auto begun = std::chrono::steady_clock::now();
  Ended ended;
  ended.status = process->wait(3min);
  ended.observed = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
  ended.told = process->out() + process->err();
  return ended;
}

/// How far the machine's clock has been set since it said `begin`.
long days_since(Machine& machine, const std::string& begin) {
  const auto seconds = std::stod(machine.output_of("date +%s")) - std::stod(begin);
  return std::lround(seconds / 86400);
}

}  // namespace

TEST_CASE("a clock that is set in a trial brings no deadline nearer, and none further away", "[clock]") {
  Machine machine;
  machine.boot();
  const auto begin = machine.output_of("date +%s");

  const auto good = deploy(machine,
                           closure(machine,
                                   "if mkdir /run/has-set-the-clock; then\n"
                                   "sleep 1; date --set '1 day ago'; sleep 2; date --set '2 days'\n"
                                   "fi\nexec sleep infinity"),
                           {"--soak", "6", "--confirm-timeout", "60"});
  INFO(good.told);
  CHECK(good.status == 0);
  CHECK(good.observed > 5s);
  CHECK(days_since(machine, begin) == 1);

  // Never well and never failed: nothing but the deadline ends it.
  const auto bad =
      deploy(machine, closure(machine, "sleep 1; date --set '2 days ago'", "Restart=always\nRestartSec=1000"),
             {"--soak", "6", "--gate-deadline", "10", "--confirm-timeout", "60"});
  INFO(bad.told);
  CHECK(bad.status == 3);
  CHECK_THAT(bad.told, ContainsSubstring("web.service was not ready"));
  CHECK(bad.observed > 9s);
  CHECK(days_since(machine, begin) == -1);
}
