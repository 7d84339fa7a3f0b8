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
