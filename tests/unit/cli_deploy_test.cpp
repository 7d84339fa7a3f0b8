// SPDX-License-Identifier: MIT
// A deployment from the pusher's side, with hosts that accept, refuse, break off and come back.
#include "tests/support/catch.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a deployment that is committed ends with 0 and says so", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::preparing, 10});
    peer.tell(id, 2, committed());
  });
  CHECK(push.run(request()) == 0);
  CHECK(push.copies == 1);
  CHECK_THAT(push.out.str(), ContainsSubstring("committed: app generation 12 (web-2)"));
}

TEST_CASE("each outcome has its exit status", "[cli]") {
  const auto [outcome, status] = GENERATE(table<Outcome, int>({{Outcome::committed, 0},
                                                               {Outcome::refused, 1},
                                                               {Outcome::reverted, 3},
                                                               {Outcome::reverted_unhealthy, 4},
                                                               {Outcome::revert_failed, 4},
                                                               {Outcome::superseded, 4}}));
  Push push;
  push.remote.on(Way::shared, [ended = outcome](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, OutcomeEvent{ended, {}, {}});
  });
  CHECK(push.run(request()) == status);
}

TEST_CASE("a confirm comes over a new connection while events go on", "[cli]") {
  Push push;
  Waker confirmed;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::awaiting_confirmation, 30});
    confirmed.sleep_until(Clock::now() + std::chrono::seconds(20));
    peer.tell(id, 2, PhaseEvent{Phase::committing, 30});
    peer.tell(id, 3, committed());
  });
  SECTION("at the first attempt") {}
  SECTION("after one that failed") {
    push.remote.on(Way::fresh, [](FakePeer& peer) { peer.take(); });
  }
  std::string asked;
  push.remote.on(Way::fresh, [&](FakePeer& peer) {
    const auto call = peer.take();
    asked = call.method + " " + call.parameters.value("id", "");
    const auto id = *ActivationId::parse(call.parameters.value("id", ""));
    confirmed.wake();
    peer.reply({{"activation", to_json(ActivationStatus{id, Phase::finished, {}, "root", committed()})}});
  });
  const auto asking = request(ConfirmMode::automatic);
  CHECK(push.run(asking) == 0);
  CHECK(asked == "org.switchback.Activator.Confirm " + asking.id.text());
  CHECK_THAT(push.err.str(), ContainsSubstring("confirmed   over a new connection"));
}

TEST_CASE("a host that cannot be reached anew is not confirmed and goes back", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::awaiting_confirmation, 30});
    peer.tell(id, 2, PhaseEvent{Phase::reverting, 30});
    peer.tell(id, 3, reverted());
  });
  CHECK(push.run(request(ConfirmMode::automatic)) == 3);
}

TEST_CASE("a manual confirm is asked for in words that can be typed", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::awaiting_confirmation, 600});
    peer.tell(id, 2, committed());
  });
  const auto asking = request(ConfirmMode::manual);
  CHECK(push.run(asking) == 0);
  CHECK_THAT(push.err.str(), ContainsSubstring("switchback confirm --host web1 " + asking.id.text()));
}

TEST_CASE("a connection that breaks is opened again and the rest of the story read", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::switching, 10});
    peer.tell(id, 2, WarningEvent{"first"});
  });
  push.remote.on(Way::shared, [](FakePeer& peer) { peer.take(); });  // breaks once more
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto watch = parse_watch(peer.take().parameters);
    if (!watch || watch->after != 2) return;
    peer.tell(watch->id, 3, WarningEvent{"second"});
    peer.tell(watch->id, 4, reverted());
  });
  CHECK(push.run(request()) == 3);
  CHECK_THAT(push.err.str(), ContainsSubstring("contact lost"));
  CHECK_THAT(push.err.str(), ContainsSubstring("second"));
  CHECK_THAT(push.out.str(), ContainsSubstring("reverted: web.service exited with status 1"));
}

TEST_CASE("a host that is lost for good leaves the outcome unknown", "[cli]") {
  Push push;
  push.patience = std::chrono::milliseconds(20);
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::switching, 10});
  });
  CHECK(push.run(request()) == 7);
  CHECK_THAT(push.shown(), ContainsSubstring("switchback watch --host web1"));
}

TEST_CASE("a request that never arrived is told from one that may have", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) { peer.accept(); });
  push.remote.on(Way::shared, [](FakePeer& peer) {
    peer.take();
    peer.refuse(Errc::no_such_activation, "this host knows no such activation");
  });
  CHECK(push.run(request()) == 5);
  CHECK_THAT(push.shown(), ContainsSubstring("nothing has changed"));
}

TEST_CASE("a host that cannot be spoken to is left alone, and nothing is copied", "[cli]") {
  Push push;
  SECTION("unreachable") {
    push.remote.connects = fail(Errc::unavailable, "cannot be reached: no route");
    CHECK(push.run(request()) == 5);
    CHECK(push.shown() == "web1: cannot be reached: no route\n");
    CHECK(push.copies == 0);
  }
  SECTION("gone before the request was sent") {
    CHECK(push.run(request()) == 5);
    CHECK(push.copies == 1);
  }
}

TEST_CASE("a host that another holds is told at once, and the copy is given up", "[cli]") {
  Push push(held_host());
  CHECK(push.run(request()) == 6);
  CHECK(push.copies_begun == 1);
  CHECK(push.copies == 0);
  CHECK_THAT(push.shown(),
             ContainsSubstring("root («the first») is awaiting confirmation, for at most 512 s"));
}

TEST_CASE("what the host answers instead of accepting becomes the exit status", "[cli]") {
  const auto [code, status] = GENERATE(table<Errc, int>({{Errc::busy, 6},
                                                         {Errc::invalid_closure, 1},
                                                         {Errc::invalid_request, 1},
                                                         {Errc::unsupported_version, 1},
                                                         {Errc::not_permitted, 1}}));
  Push push;
  push.remote.on(Way::shared, [refusal = code](FakePeer& peer) {
    peer.accept();
    peer.refuse(refusal, "because of this");
    peer.await_end();
  });
  CHECK(push.run(request()) == status);
  CHECK_THAT(push.err.str(), ContainsSubstring("because of this"));
}

TEST_CASE("events that this version does not know are passed over", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    nlohmann::json event{{"v", 1}, {"seq", 1}, {"activation", id.text()}, {"type", "weather"}};
    peer.reply({{"event", event}}, /*continues=*/true);
    event["type"] = "phase";
    event["phase"] = "contemplating";
    peer.reply({{"event", event}}, /*continues=*/true);
    peer.tell(id, 2, committed());
  });
  CHECK(push.run(request()) == 0);
}

TEST_CASE("the first interrupt cancels and waits for the revert", "[cli]") {
  Push push;
  Waker cancelled;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::observing, 100});
    push.interrupt.press();
    cancelled.sleep_until(Clock::now() + std::chrono::seconds(20));
    peer.tell(id, 2, PhaseEvent{Phase::reverting, 100});
    peer.tell(id, 3, reverted());
  });
  std::string method;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto call = peer.take();
    method = call.method;
    const auto id = *ActivationId::parse(call.parameters.value("id", ""));
    cancelled.wake();
    peer.reply({{"activation", to_json(ActivationStatus{id, Phase::reverting, 10, "root", {}})}});
  });
  CHECK(push.run(request()) == 3);
  CHECK(method == "org.switchback.Activator.Cancel");
}

TEST_CASE("the second interrupt leaves the host to itself", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::observing, 100});
    push.interrupt.press();
    push.interrupt.press();
    peer.await_end();
  });
  CHECK(push.run(request()) == 7);
  CHECK_THAT(push.shown(), ContainsSubstring("switchback watch --host web1"));
}

TEST_CASE("an interrupt before the request changes nothing", "[cli]") {
  Push push;
  push.interrupt.press();
  CHECK(push.run(request()) == 1);
  CHECK(push.copies == 0);
}
