// SPDX-License-Identifier: MIT
#include "tests/unit/cli_plot_world.hpp"

#include "tests/unit/cli_golden.hpp"

#include <cmath>

namespace switchback::test {
namespace {

constexpr std::int64_t kBegun = 1'785'585'600'000;  // 2026-08-01 12:00:00
const std::string kOld = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1";
const std::string kNew = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-2";

std::vector<GenerationInfo> generation(const std::string& closure, std::uint64_t number) {
  return {{"app", closure, number}};
}

Tale five_begin() {
  Tale tale;
  tale.phase(Phase::preparing)
      .plan("web.service", UnitAction::stop_start)
      .plan("db.service", UnitAction::restart, "depends on web.service")
      .plan("migrate.service", UnitAction::start, "new, wanted by multi-user.target")
      .plan("proxy.service", UnitAction::reload)
      .plan("batch.service", UnitAction::skip, "X-RestartIfChanged=false")
      .phase(Phase::switching, 0.31)
      .phase(Phase::observing, 1.24)
      .tell(DeviationEvent{"db.service", UnitAction::restart, UnitAction::keep, ""}, 0.01)
      .runs("db.service", 0.02)
      .tell(UnitEvent{"migrate.service", "activating", "start", "success", 0, UnitVerdict::pending})
      .runs("proxy.service");
  return tale;
}

}  // namespace

Tale::Tale()
    : told_{.id = *ActivationId::parse("0123456789abcdef0123456789abcdef"),
            .holder = "deploy («release 7»)",
            .begun = static_cast<double>(kBegun) / 1000.0,
            .finished = 0,
            .outcome = {},
            .events = {},
            .changes = {},
            .before = generation(kOld, 11),
            .raw = {}},
      now_ms_(kBegun) {
  use_utc();
}

Tale& Tale::tell(EventBody body, double after) {
  now_ms_ += std::llround(after * 1000);
  told_.events.push_back({told_.events.size() + 1, now_ms_, told_.id, std::move(body)});
  return *this;
}

FinishedActivation Tale::end(OutcomeEvent outcome, double after) {
  told_.outcome = outcome;
  tell(std::move(outcome), after);
  told_.finished = static_cast<double>(now_ms_) / 1000.0;
  return told_;
}

FinishedActivation five_units() {
  return five_begin()
      .starts("web.service")
      .runs("web.service", 0.82)
      .tell(UnitEvent{"migrate.service", "inactive", "dead", "success", 0, UnitVerdict::healthy}, 0.61)
      .phase(Phase::awaiting_confirmation, 10)
      .phase(Phase::committing, 581)
      .end({Outcome::committed, {}, generation(kNew, 12)}, 0.09);
}

FinishedActivation five_units_reverted() {
  auto tale = five_begin();
  tale.runs("web.service");
  const auto again = [&](std::uint64_t restarts, double after) {
    tale.tell(
        UnitEvent{"web.service", "activating", "auto-restart", "exit-code", restarts, UnitVerdict::pending},
        after);
    tale.tell(UnitEvent{"web.service", "active", "running", "success", restarts + 1, UnitVerdict::healthy},
              0.1);
  };
  tale.tell(UnitEvent{"migrate.service", "inactive", "dead", "success", 0, UnitVerdict::healthy}, 0.4);
  again(0, 0.9);
  again(1, 0.9);
  tale.fails("web.service", 1.1, 2)
      .phase(Phase::reverting, 0.01)
      .tell(WarningEvent{"reverting: web.service exited with status 1"})
      .tell(LogEvent{"web.service", 3, "fatal: no such table: users"}, 0.05)
      .runs("db.service", 0.8)
      .runs("proxy.service")
      .runs("web.service", 0.4);
  return tale.end({Outcome::reverted,
                   {{"web.service exited with status 1",
                     "web.service",
                     "exit-code",
                     1,
                     {"Started web.service - A web service.", "fatal: no such table: users",
                      "web.service: Main process exited, code=exited, status=1/FAILURE"}}},
                   generation(kOld, 11)},
                  1.1);
}

FinishedActivation two_hundred_units() {
  Tale tale;
  tale.phase(Phase::preparing);
  const auto name = [](int i) {
    const auto number = std::to_string(i);
    return "worker-" + std::string(3 - number.size(), '0') + number +
           (i % 7 == 0 ? "-of-the-second-cluster" : "") + ".service";
  };
  for (int i = 1; i <= 200; ++i)
    tale.plan(name(i), i % 3 == 0 ? UnitAction::restart : UnitAction::stop_start);
  tale.phase(Phase::switching, 0.8).phase(Phase::observing, 4.2);
  for (int i = 1; i <= 200; ++i) tale.starts(name(i), i == 1 ? 0.03 : 0);
  for (int i = 1; i <= 200; ++i) {
    const int unit = i * 77 % 200 + 1;  // each once, in no order
    if (unit == 13)
      tale.tell(UnitEvent{name(unit), "activating", "auto-restart", "signal", 1, UnitVerdict::pending}, 0.06);
    else
      tale.runs(name(unit), 0.06);
  }
  tale.tell(UnitEvent{name(13), "failed", "failed", "signal", 2, UnitVerdict::unhealthy}, 1.5)
      .fails(name(77))
      .fails(name(140))
      .phase(Phase::reverting, 0.02)
      .tell(WarningEvent{"reverting: worker-013.service crashed with SIGSEGV"});
  for (int i = 1; i <= 200; ++i) tale.runs(name(i), i == 1 ? 5.5 : 0.005);
  return tale.end({Outcome::reverted,
                   {{"worker-013.service crashed with SIGSEGV", name(13), "core-dump", 11, {}},
                    {name(77) + " exited with status 1", name(77), "exit-code", 1, {}},
                    {name(140) + " exited with status 1", name(140), "exit-code", 1, {}}},
                   generation(kOld, 11)},
                  1.2);
}

}  // namespace switchback::test
