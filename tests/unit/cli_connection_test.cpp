// SPDX-License-Identifier: MIT
// One conversation, with peers that behave and peers that do not.
#include "tests/support/catch.hpp"
#include "tests/unit/fake_activator.hpp"

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const Call kCall{.method = "org.switchback.Activator.Status"};

Result<Reply> ask(const Script& script) {
  FakeRemote remote;
  remote.on(Way::shared, script);
  return remote.ask(Way::shared, kCall, std::chrono::seconds(20));
}

}  // namespace

TEST_CASE("a call is answered by its reply, however the bytes arrive", "[cli]") {
  const auto reply = ask([](FakePeer& peer) {
    if (peer.take().method != kCall.method) return;
    for (const char byte : encode(Reply{{{"host", "web1"}}, false, std::nullopt})) peer.say({byte});
  });
  REQUIRE(reply);
  CHECK(reply->parameters.at("host") == "web1");
}

TEST_CASE("an error of the host arrives with its kind and its words", "[cli]") {
  const auto reply = ask([](FakePeer& peer) {
    peer.take();
    peer.refuse(Errc::busy, "root holds it");
  });
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == Errc::busy);
  CHECK(reply.error().message == "root holds it");
}

TEST_CASE("an error that this version does not know is still told by its name", "[cli]") {
  const auto reply = ask([](FakePeer& peer) {
    peer.take();
    peer.say(encode(Reply{nlohmann::json::object(), false, "org.switchback.Activator.Eclipsed"}));
  });
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == Errc::internal);
  CHECK_THAT(reply.error().message, ContainsSubstring("Eclipsed"));
}

TEST_CASE("a peer that hangs up is told from one that answers", "[cli]") {
  const auto reply = ask([](FakePeer& peer) { peer.take(); });
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == Errc::unavailable);
}

TEST_CASE("a login that prints a greeting is recognised", "[cli]") {
  SECTION("before an answer") {
    const auto reply = ask([](FakePeer& peer) {
      peer.take();
      peer.say("Welcome to \x1b[31mweb1!\n");
      peer.reply({{"host", "web1"}});
      peer.await_end();
    });
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == Errc::corrupt);
    CHECK_THAT(reply.error().message, ContainsSubstring("Welcome to \\x1b[31mweb1!"));
  }
  SECTION("instead of an answer") {
    const auto reply = ask([](FakePeer& peer) {
      peer.take();
      peer.say("This account is not available.\n");
    });
    REQUIRE_FALSE(reply);
    CHECK_THAT(reply.error().message, ContainsSubstring("not available"));
  }
}

TEST_CASE("a message without an end is given up, not stored", "[cli]") {
  const auto reply = ask([](FakePeer& peer) {
    peer.take();
    peer.say(std::string(8 * kMaxMessageBytes, 'x'));
  });
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == Errc::corrupt);
  CHECK_THAT(reply.error().message, ContainsSubstring("longer than"));
}

TEST_CASE("a wait ends at its deadline and when it is woken", "[cli]") {
  FakeRemote remote;
  remote.on(Way::shared, [](FakePeer& peer) { peer.await_end(); });
  auto connection = remote.open(Way::shared);
  REQUIRE(connection);
  REQUIRE(connection->call(kCall));
  const auto nothing = connection->next(Clock::now());
  REQUIRE(nothing);
  CHECK_FALSE(nothing->has_value());
  const Waker waker;
  waker.wake();
  const auto woken = connection->next(Clock::now() + std::chrono::hours(1), &waker);
  REQUIRE(woken);
  CHECK_FALSE(woken->has_value());
}

TEST_CASE("where the user may not, it is tried once more as root, and no oftener", "[cli]") {
  const auto refuse = [](FakePeer& peer) {
    peer.take();
    peer.refuse(Errc::not_permitted, "you may not");
    peer.await_end();
  };
  FakeRemote remote;
  remote.allow_root = true;
  remote.on(Way::shared, refuse);
  SECTION("root may") {
    remote.on(Way::shared, [](FakePeer& peer) { peer.answer_status(); });
    CHECK(remote.ask(Way::shared, kCall));
  }
  SECTION("root may not either") {
    remote.on(Way::shared, refuse).on(Way::shared, refuse);
    const auto reply = remote.ask(Way::shared, kCall);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == Errc::not_permitted);
    CHECK(remote.scripts_left() == 1);
  }
}
