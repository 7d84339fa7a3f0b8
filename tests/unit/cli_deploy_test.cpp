// SPDX-License-Identifier: MIT
// A deployment from the pusher's side, with hosts that accept, refuse, break off and come back.
#include "cli/verbs.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/fake_activator.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kPath = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-2";

ActivateRequest request(ConfirmMode confirm = ConfirmMode::none) {
  const ChangeRequest change{.profile = *ProfileName::parse("app"), .closure = *StorePath::parse(kPath)};
  ActivateRequest request{.id = ActivationId::random(), .changes = {change}, .gate = {}, .note = ""};
  request.confirm = confirm;
  return request;
}

OutcomeEvent committed() { return {Outcome::committed, {}, {{"app", kPath, 12}}}; }
OutcomeEvent reverted() {
  return {Outcome::reverted,
          {{"web.service exited with status 1", "web.service", "exit-code", 1, {}}},
          {{"app", "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1", 11}}};
}

/// One deployment against a scripted host.
struct Push {
  FakeRemote remote;
  FakeInterrupt interrupt;
  std::ostringstream out;
  std::ostringstream err;
  int copies = 0;
  std::chrono::milliseconds patience{20'000};

  Push() {
    remote.on(Way::shared, [](FakePeer& peer) { peer.answer_status(); });
  }

  int run(const ActivateRequest& request) {
    const auto display = plain_display({.node = "web1"}, out, err);
    return static_cast<int>(deploy(request, {.remote = remote,
                                             .display = *display,
                                             .interrupt = interrupt,
                                             .connect = [] { return Status{}; },
                                             .copy =
                                                 [this] {
                                                   ++copies;
                                                   return Status{};
                                                 },
                                             .follow = {.confirm_command = "switchback confirm --host web1",
                                                        .status_command = "switchback status --host web1",
                                                        .first_retry = std::chrono::milliseconds(1),
                                                        .longest_retry = std::chrono::milliseconds(2),
                                                        .patience = patience}}));
  }
  [[nodiscard]] std::string shown() const { return err.str() + out.str(); }
};

}  // namespace

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
  CHECK_THAT(push.shown(), ContainsSubstring("switchback status --host web1"));
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
  FakeRemote nobody;
  SECTION("unreachable") {
    std::ostringstream out;
    std::ostringstream err;
    const auto display = plain_display({.node = "web1"}, out, err);
    const auto status =
        deploy(request(), {.remote = nobody,
                           .display = *display,
                           .interrupt = push.interrupt,
                           .connect = [] { return fail(Errc::unavailable, "cannot be reached: no route"); },
                           .copy = [] { return fail(Errc::internal, "copied"); }});
    CHECK(status == ExitStatus::unreachable);
    CHECK(err.str() == "web1: cannot be reached: no route\n");
  }
  SECTION("gone before the request was sent") {
    CHECK(push.run(request()) == 5);
    CHECK(push.copies == 1);
  }
}

TEST_CASE("a host that another holds is told before anything is copied", "[cli]") {
  Push push;
  FakeRemote remote;
  remote.on(Way::shared, [](FakePeer& peer) {
    peer.take();
    const ActivationStatus running{ActivationId::random(), Phase::awaiting_confirmation, 512.4,
                                   "root («the first»)", std::nullopt};
    peer.reply(to_json(HostStatus{"web1", "0.1.0", {}, running, std::nullopt, {}, ""}));
  });
  std::ostringstream out;
  std::ostringstream err;
  const auto display = plain_display({.node = "web1"}, out, err);
  const auto status = deploy(request(), {.remote = remote,
                                         .display = *display,
                                         .interrupt = push.interrupt,
                                         .connect = [] { return Status{}; },
                                         .copy = [] { return fail(Errc::internal, "copied"); }});
  CHECK(status == ExitStatus::busy);
  CHECK_THAT(err.str(), ContainsSubstring("root («the first») is awaiting confirmation, for at most 512 s"));
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
  CHECK_THAT(push.shown(), ContainsSubstring("switchback status --host web1"));
}

TEST_CASE("an interrupt before the request changes nothing", "[cli]") {
  Push push;
  push.interrupt.press();
  CHECK(push.run(request()) == 1);
  CHECK(push.copies == 0);
}
