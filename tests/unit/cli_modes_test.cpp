// SPDX-License-Identifier: MIT
// Tests, dry runs and activations that are kept although they are unhealthy.
#include "cli/words.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

ActivateRequest in_mode(Mode mode) {
  auto out = request(ConfirmMode::automatic);
  out.mode = mode;
  return out;
}

void plan(FakePeer& peer, const ActivationId& id) {
  peer.tell(id, 1, PhaseEvent{Phase::preparing, 120});
  peer.tell(id, 2, PlanEvent{"app", "web.service", UnitAction::stop_start, "it changed"});
  peer.tell(id, 3, PlanEvent{"app", "worker.service", UnitAction::start, "it is new"});
  peer.tell(id, 4, PlanEvent{"app", "batch.service", UnitAction::skip, "X-RestartIfChanged=false"});
  peer.tell(id, 5, PlanEvent{"app", "same.service", UnitAction::keep, ""});
}

}  // namespace

TEST_CASE("a test ends for its pusher when it is healthy, and the host keeps it", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::observing, 300});
    peer.tell(id, 2, PhaseEvent{Phase::testing, 3600});
    peer.await_end();
  });
  const auto asking = in_mode(Mode::test);
  CHECK(push.run(asking) == 0);
  CHECK_THAT(push.out.str(), ContainsSubstring("healthy: the test runs until 2"));
  CHECK_THAT(push.out.str(), ContainsSubstring("switchback cancel --host web1 " + asking.id.text()));
}

TEST_CASE("a test that is not healthy ends as any other activation", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::reverting, 300});
    peer.tell(id, 2, reverted());
  });
  CHECK(push.run(in_mode(Mode::test)) == 3);
}

TEST_CASE("an interrupt before a test is healthy reverts it", "[cli]") {
  Push push;
  Waker cancelled;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::observing, 100});
    push.interrupt.press();
    cancelled.sleep_until(Clock::now() + std::chrono::seconds(20));
    peer.tell(id, 2, PhaseEvent{Phase::testing, 3600});  // said before the cancel was heard
    peer.tell(id, 3, PhaseEvent{Phase::reverting, 100});
    peer.tell(id, 4, reverted());
  });
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto id = *ActivationId::parse(peer.take().parameters.value("id", ""));
    cancelled.wake();
    peer.reply({{"activation", to_json(ActivationStatus{id, Phase::reverting, 10, "root", {}})}});
  });
  CHECK(push.run(in_mode(Mode::test)) == 3);
}

TEST_CASE("a dry run ends with 0, and its result is the plan", "[cli]") {
  Push push;
  push.width = 80;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    plan(peer, id);
    peer.tell(id, 6, OutcomeEvent{Outcome::planned, {}, {}});
  });
  CHECK(push.run(in_mode(Mode::dry_run)) == 0);
  CHECK(push.copies == 1);
  check_golden("dry_run.txt", push.out.str());
  check_width(push.shown());
}

TEST_CASE("a long plan is told by what is done, and counted", "[cli]") {
  PlanWords plan;
  for (int i = 0; i < 6; ++i) {
    plan.add({"app", "a" + std::to_string(i) + ".service", i % 2 == 0 ? UnitAction::start : UnitAction::stop,
              "changed"});
    plan.add({"app", "b" + std::to_string(i) + ".service", UnitAction::keep,
              i < 3 ? "changed, does not run" : ""});
  }
  CHECK(plan.counts() == "stop 3, start 3, left as they are 3");
  const auto sentences = plan.sentences();
  REQUIRE(sentences.size() == 9);
  CHECK(sentences.front() == "stop a1.service: changed");
  CHECK(sentences.back() == "b2.service is left as it is: changed, does not run");
  CHECK(plan.skipped().empty());
}

TEST_CASE("a dry run's differences are told before its outcome, and shown with its plan", "[cli]") {
  Push push;
  push.width = 80;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    plan(peer, id);
    peer.tell(id, 6, OutcomeEvent{Outcome::planned, {}, {{"app", kWeb1, 11}}});
  });
  push.planned = [](const OutcomeEvent& outcome, Display& display) {
    display.difference({.profile = outcome.generations.front().profile,
                        .before = *StorePath::parse(kWeb1),
                        .after = *StorePath::parse(kWeb2),
                        .packages = {{"web", {"1"}, {"2"}, false, false, 20'480}},
                        .rebuilt = 1,
                        .bytes = 20'600});
  };
  CHECK(push.run(in_mode(Mode::dry_run)) == 0);
  check_golden("dry_run_closure.txt", push.out.str());
}

TEST_CASE("what was done otherwise than planned is told with -v alone", "[cli]") {
  const auto told = [](int verbosity) {
    std::ostringstream text;
    const auto display = plain_display({.node = "web1", .verbosity = verbosity}, text, text);
    const Event event{
        1, 0, kSomeId,
        DeviationEvent{"web.service", UnitAction::stop_start, UnitAction::keep, "it is masked"}};
    display->event(event, to_json(event));
    return text.str();
  };
  CHECK(told(0).empty());
  CHECK(told(1) ==
        "web1: deviation   web.service was to be stopped and started, but runs as before: it is masked\n");
}

TEST_CASE("each deviation has a sentence of its own", "[cli]") {
  using enum UnitAction;
  const auto [planned, happened, sentence] = GENERATE(table<UnitAction, UnitAction, std::string>(
      {{keep, restart, "a.service was restarted, which was not planned"},
       {keep, stop, "a.service was stopped, which was not planned"},
       {skip, restart, "a.service was to be left as it is, but was restarted"},
       {reload, restart, "a.service was to be reloaded, but was restarted"},
       {restart, stop, "a.service was to be restarted, but was stopped"},
       {start, keep, "a.service was to be started, but was not"},
       {stop, keep, "a.service was to be stopped, but still runs"}}));
  CHECK(deviation_text({"a.service", planned, happened, ""}) == sentence);
}

TEST_CASE("a dry run that would do nothing says so", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, OutcomeEvent{Outcome::planned, {}, {}});
  });
  CHECK(push.run(in_mode(Mode::dry_run)) == 0);
  CHECK_THAT(push.out.str(), ContainsSubstring("no unit would be touched"));
}

TEST_CASE("kept although unhealthy has an exit status of its own", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1,
              OutcomeEvent{Outcome::committed_unhealthy,
                           {{"web.service exited with status 1", "web.service", "exit-code", 1, {}}},
                           {{"app", kWeb2, 12}}});
  });
  CHECK(push.run(request()) == 8);
  CHECK_THAT(push.out.str(), ContainsSubstring("autoRollback is off"));
}

TEST_CASE("until when a test lasts, and what ends it, fits a terminal", "[cli]") {
  use_utc();
  std::ostringstream text;
  const auto display = plain_display({.node = "web1", .width = 80}, text, text);
  const auto tell = [&](EventBody body) {
    const Event event{1, 0, kSomeId, std::move(body)};
    display->event(event, to_json(event));
  };
  tell(PhaseEvent{Phase::observing, 300});
  tell(PhaseEvent{Phase::testing, 3600});
  display->finished(test_text(3600, 1'785'585'600, "switchback cancel --host root@web1 " + kSomeId.text()));
  check_golden("test_mode.txt", text.str());
  check_width(text.str());
}
