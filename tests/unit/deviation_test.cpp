// SPDX-License-Identifier: MIT
// A plan compared with what did happen.
#include "activator/core/deviation.hpp"

#include "tests/support/catch.hpp"

using namespace switchback;

namespace {

UnitName unit(const std::string& name) { return *UnitName::parse(name); }

UnitSnapshot running(const std::string& invocation) {
  UnitSnapshot out;
  out.load = "loaded";
  out.active = "active";
  out.sub = "running";
  out.invocation = invocation;
  return out;
}

UnitSnapshot ended(const std::string& invocation, const std::string& active = "inactive") {
  auto out = running(invocation);
  out.active = active;
  out.sub = "dead";
  return out;
}

struct Switch {
  std::vector<PreparedChange> changes{PreparedChange{.profile = *ProfileName::parse("app")}};
  SwitchSeen seen{.begun_ms = 1000, .before = {}, .now = {}, .jobs = {}};

  Switch& plan(const std::string& name, UnitAction action) {
    changes[0].units.explained.push_back({unit(name), action, "changed"});
    return *this;
  }
  Switch& before(const std::string& name, const UnitSnapshot& state) {
    seen.before[unit(name)] = state;
    return *this;
  }
  Switch& now(const std::string& name, const UnitSnapshot& state, bool job = true) {
    seen.now[unit(name)] = state;
    if (job) seen.jobs.insert(unit(name));
    return *this;
  }
  /// «restart→keep web.service, …».
  [[nodiscard]] std::string told() const {
    std::string out;
    for (const auto& each : deviations(changes, seen)) {
      out += (out.empty() ? "" : ", ") + std::string(text(each.planned)) + "→" +
             std::string(text(each.happened)) + " " + each.unit +
             (each.reason.empty() ? "" : " (" + each.reason + ")");
    }
    return out;
  }
};

}  // namespace

TEST_CASE("what was done as planned is not told", "[deviation]") {
  Switch all;
  all.plan("a.service", UnitAction::restart).before("a.service", running("1")).now("a.service", running("2"));
  all.plan("b.service", UnitAction::stop_start)
      .before("b.service", running("1"))
      .now("b.service", ended("2", "failed"));
  all.plan("c.service", UnitAction::start).now("c.service", running("1"));
  all.plan("d.service", UnitAction::stop).before("d.service", running("1")).now("d.service", ended("1"));
  all.plan("e.service", UnitAction::reload).before("e.service", running("1")).now("e.service", running("1"));
  all.plan("f.service", UnitAction::skip)
      .before("f.service", running("1"))
      .now("f.service", running("1"), false);
  all.plan("g.service", UnitAction::keep).now("g.service", ended(""), false);
  CHECK(all.told().empty());
}

TEST_CASE("what was planned and did not happen is told", "[deviation]") {
  Switch all;
  all.plan("a.service", UnitAction::restart).before("a.service", running("1")).now("a.service", running("1"));
  all.plan("b.service", UnitAction::start).now("b.service", ended(""));
  all.plan("c.service", UnitAction::stop).before("c.service", running("1")).now("c.service", running("1"));
  all.plan("d.service", UnitAction::restart).before("d.service", running("1")).now("d.service", ended("1"));
  CHECK(all.told() ==
        "restart→keep a.service, start→keep b.service, stop→keep c.service, restart→stop d.service");
}

TEST_CASE("why a unit was not started is told where it is known", "[deviation]") {
  auto skipped = ended("");
  skipped.condition = false;
  CHECK(Switch().plan("a.service", UnitAction::start).now("a.service", skipped).told() ==
        "start→keep a.service (a condition of it is not met)");
}

TEST_CASE("what happened though nobody had planned it is told", "[deviation]") {
  Switch all;
  all.before("a.service", running("1")).now("a.service", running("2"));
  all.before("b.service", running("1")).now("b.service", ended("1"));
  all.plan("c.service", UnitAction::skip).before("c.service", running("1")).now("c.service", running("2"));
  all.plan("d.service", UnitAction::reload).before("d.service", running("1")).now("d.service", running("2"));
  CHECK(all.told() ==
        "keep→restart a.service, keep→stop b.service, skip→restart c.service, reload→restart d.service");
}

TEST_CASE("of a unit that is known in brief, when it began tells whether it did so anew", "[deviation]") {
  auto late = running("2");
  late.begun_ms = 1500;
  auto early = running("2");
  early.begun_ms = 500;
  Switch all;
  all.before("a.service", running("")).now("a.service", late);
  all.before("b.service", running("")).now("b.service", early);
  CHECK(all.told() == "keep→restart a.service");
}

TEST_CASE("what ends or restarts by itself, without a job, is no deviation", "[deviation]") {
  Switch all;
  all.before("a.service", running("1")).now("a.service", ended("1"), false);
  all.before("b.service", running("1")).now("b.service", running("2"), false);
  CHECK(all.told().empty());
}

TEST_CASE("what comes and goes, and what was restarting already, is passed over", "[deviation]") {
  auto flapping = running("1");
  flapping.active = "activating";
  flapping.sub = "auto-restart";
  auto job = running("2");
  job.service_type = "oneshot";
  job.triggered_by = {"backup.timer"};
  Switch all;
  all.before("a.service", flapping).now("a.service", running("2"));
  all.now("backup.service", job);
  all.now("run-u7.service", running("1"));
  all.now("session-3.scope", running("1"));
  CHECK(all.told().empty());
}

TEST_CASE("there is nothing to compare with where a program decides, or nothing is switched", "[deviation]") {
  Switch one;
  one.changes[0].closure = *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1");
  CHECK(has_plan(one.changes));
  one.changes[0].kind = Kind::script;
  CHECK_FALSE(has_plan(one.changes));
  one.changes[0].kind = Kind::units;
  one.changes[0].running = one.changes[0].closure;
  CHECK_FALSE(has_plan(one.changes));
}

TEST_CASE("deviations have a limit", "[deviation]") {
  Switch many;
  for (int i = 0; i < 300; ++i)
    many.before("u" + std::to_string(i) + ".service", running("1"))
        .now("u" + std::to_string(i) + ".service", running("2"));
  CHECK(deviations(many.changes, many.seen).size() == kMostDeviations);
}
