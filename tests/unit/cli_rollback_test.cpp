// SPDX-License-Identifier: MIT
// rollback and remove from the pusher's side; and what is the same for all that activates: becoming root, and
// activators of other releases.
#include "cli/versions.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

ActivateRequest how(ConfirmMode confirm = ConfirmMode::automatic) {
  auto out = request(confirm);
  out.changes.clear();
  return out;
}

const auto kApp = *ProfileName::parse("app");

/// Refuses as a bridge does whose user may not use the socket.
void forbid(FakePeer& peer) {
  peer.take();
  peer.refuse(Errc::not_permitted, "you may not");
  peer.await_end();
}

}  // namespace

TEST_CASE("a rollback copies nothing and is confirmed over a new connection", "[cli]") {
  Push push;
  push.copied = false;
  push.width = 80;
  Waker confirmed;
  Result<RollbackRequest> asked = fail(Errc::internal, "nothing was asked");
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto call = peer.greet();
    asked = parse_rollback(call.parameters);
    const auto id = asked ? asked->how.id : kSomeId;
    peer.tell(id, 1, PhaseEvent{Phase::preparing, 120});
    peer.tell(id, 2, PlanEvent{"app", "web.service", UnitAction::stop_start, "it changed"});
    peer.tell(id, 3, PhaseEvent{Phase::switching, 240});
    peer.tell(id, 4, PhaseEvent{Phase::observing, 300});
    peer.tell(id, 5, PhaseEvent{Phase::awaiting_confirmation, 30});
    confirmed.sleep_until(Clock::now() + std::chrono::seconds(20));
    peer.tell(id, 6, OutcomeEvent{Outcome::committed, {}, {{"app", kWeb1, 11}}});
  });
  push.remote.on(Way::fresh, [&](FakePeer& peer) {
    const auto id = *ActivationId::parse(peer.take().parameters.value("id", ""));
    confirmed.wake();
    peer.reply({{"activation", to_json(ActivationStatus{id, Phase::finished, {}, "root", committed()})}});
  });
  CHECK(push.run(rollback({how(), kApp, "deploy", "/nix/var/nix/profiles/app", 11})) == 0);
  REQUIRE(asked);
  CHECK(asked->profile == kApp);
  CHECK(asked->user == "deploy");
  CHECK(asked->profile_path == "/nix/var/nix/profiles/app");
  CHECK(asked->generation == 11U);
  CHECK(push.copies == 0);
  CHECK(push.shown().find("copied") == std::string::npos);
  // All but how long it took.
  auto text = push.shown();
  for (auto at = text.find(" (0."); at != std::string::npos; at = text.find(" (0.", at + 1))
    text[at + 4] = '0';
  if (const auto at = text.find(" in 0."); at != std::string::npos) text[at + 6] = '0';
  check_golden("rollback.txt", text);
  check_width(text);
}

TEST_CASE("a removal asks for the profile and ends by its outcome", "[cli]") {
  Push push;
  push.copied = false;
  std::string profile;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    const auto request = parse_remove(peer.greet().parameters);
    if (!request) return;
    profile = request->profile.text();
    peer.tell(request->how.id, 1, OutcomeEvent{Outcome::committed, {}, {{"app", "", {}}}});
  });
  CHECK(push.run(removal({how(ConfirmMode::none), kApp})) == 0);
  CHECK(profile == "app");
}

TEST_CASE("a rollback that the host refuses changes nothing", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    peer.accept();
    peer.refuse(Errc::refused, "there is no generation 99 of app");
    peer.await_end();
  });
  CHECK(push.run(rollback({how(), kApp, "root", "", 99})) == 1);
  CHECK_THAT(push.shown(), ContainsSubstring("there is no generation 99 of app"));
}

TEST_CASE("a rollback is joined again after contact was lost", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto id = peer.accept();
    peer.tell(id, 1, PhaseEvent{Phase::switching, 10});
  });
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto watch = parse_watch(peer.take().parameters);
    if (watch) peer.tell(watch->id, 2, committed());
  });
  CHECK(push.run(rollback({how(ConfirmMode::none), kApp})) == 0);
}

TEST_CASE("who may not use the socket is root by sudo for all that follows", "[cli]") {
  Push push;
  push.remote.allow_root = true;
  SECTION("from the first question on") {
    FakeRemote remote;
    remote.allow_root = true;
    remote.on(Way::shared, forbid).on(Way::shared, [](FakePeer& peer) { peer.answer_status(); });
    CHECK(remote.ask(Way::shared, {.method = "org.switchback.Activator.Status"}));
  }
  SECTION("from the activation on") {
    push.remote.on(Way::shared, forbid).on(Way::shared, [](FakePeer& peer) {
      const auto id = peer.accept();
      peer.tell(id, 1, committed());
    });
    CHECK(push.run(request()) == 0);
  }
  SECTION("from the moment on that the group is lost: the activation is joined at once") {
    push.remote
        .on(Way::shared,
            [](FakePeer& peer) {
              const auto id = peer.accept();
              peer.tell(id, 1, PhaseEvent{Phase::switching, 10});
              peer.refuse(Errc::not_permitted, "you may not");
              peer.await_end();
            })
        .on(Way::shared, [](FakePeer& peer) {
          const auto watch = parse_watch(peer.take().parameters);
          if (watch) peer.tell(watch->id, 2, committed());
        });
    CHECK(push.run(request()) == 0);
    CHECK(push.shown().find("contact lost") == std::string::npos);
  }
}

TEST_CASE("what a host of another release does not know is told with both versions", "[cli]") {
  const auto [code, message, version, says] = GENERATE(table<Errc, std::string, std::string, std::string>({
      {Errc::unsupported_version, "this host speaks API version 2, not 1", "9.0.0",
       "use a command of the activator's version"},
      {Errc::method_not_found, "org.switchback.Activator.Rollback", "0.0.3",
       "install that version of switchback-activator on web1"},
      {Errc::invalid_request, "testFor: is not known here", "0.0.3",
       "install that version of switchback-activator on web1"},
  }));
  Push push;
  push.remote.on(Way::shared, [refusal = Error{code, message}, version = version](FakePeer& peer) {
    peer.greet(version);
    peer.refuse(refusal.code, refusal.message);
    peer.await_end();
  });
  CHECK(push.run(rollback({how(), kApp})) == 1);
  CHECK_THAT(push.shown(), ContainsSubstring(says));
  CHECK_THAT(push.shown(), ContainsSubstring("The activator on web1 is " + version +
                                             ", this command is " SWITCHBACK_VERSION));
}

TEST_CASE("a wrong request between equals is told as it is", "[cli]") {
  const Error wrong{Errc::invalid_request, "gate.soak: too long"};
  CHECK(with_versions(wrong, SWITCHBACK_VERSION, "web1").message == wrong.message);
  CHECK(with_versions({Errc::busy, "busy"}, "0.0.3", "web1").message == "busy");
}

TEST_CASE("releases are compared by their first two numbers", "[cli]") {
  CHECK(age_of("1.2.3", "1.2.9") == Age::same);
  CHECK(age_of("1.2", "1.10.0") == Age::older);
  CHECK(age_of("2.0.0", "1.10.0") == Age::newer);
  for (const std::string odd : {"", "1", "1.", "x.y", "1.2x"}) CHECK(age_of(odd, "1.2.0") == Age::unknown);
}
