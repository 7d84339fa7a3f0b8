// SPDX-License-Identifier: MIT
// A host that another activation holds, and a pusher that waits for it.
#include "tests/support/catch.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

void refuse_as_busy(FakePeer& peer) {
  peer.accept();
  peer.refuse(Errc::busy, "another activation holds this host");
  peer.await_end();
}

void commit(FakePeer& peer) {
  const auto id = peer.accept();
  peer.tell(id, 1, committed());
}

/// The holder's events from the first; `end` ends it.
Script holder(const std::optional<OutcomeEvent>& end) {
  return [end](FakePeer& peer) {
    const auto watch = parse_watch(peer.take().parameters);
    if (!watch || watch->id != kSomeId) return peer.refuse(Errc::internal, "not what was to be watched");
    peer.tell(kSomeId, 1, PhaseEvent{Phase::observing, 300});
    peer.tell(kSomeId, 2, PhaseEvent{Phase::awaiting_confirmation, 600});
    peer.tell(kSomeId, 3, PhaseEvent{Phase::committing, 120});
    if (end) peer.tell(kSomeId, 4, *end);
    peer.await_end();
  };
}

Script status_is(const HostStatus& status) {
  return [status](FakePeer& peer) { peer.answer_status(status); };
}

}  // namespace

TEST_CASE("a host that is busy is watched, and asked again when it is free", "[cli]") {
  Push push(held_host());
  push.wait = 20s;
  push.remote.on(Way::shared, refuse_as_busy)
      .on(Way::shared, status_is(held_host()))
      .on(Way::shared, holder(committed()))
      .on(Way::shared, status_is(quiet_host()))
      .on(Way::shared, commit);
  CHECK(push.run(request()) == 0);
  CHECK(push.copies == 1);  // meanwhile
  const auto shown = push.err.str();
  CHECK_THAT(shown, ContainsSubstring("activation 01234567 of root («the first») is awaiting confirmation"));
  CHECK_THAT(shown, ContainsSubstring("is committing"));
  CHECK(shown.find("observing") == std::string::npos);  // what it was before we came
  CHECK_THAT(shown, ContainsSubstring("waited      activation 01234567: committed: app generation 12"));
}

TEST_CASE("somebody who was quicker is waited for as well", "[cli]") {
  Push push(held_host());
  push.wait = 20s;
  push.remote.on(Way::shared, refuse_as_busy)
      .on(Way::shared, status_is(quiet_host()))
      .on(Way::shared, refuse_as_busy)
      .on(Way::shared, status_is(quiet_host()))
      .on(Way::shared, commit);
  CHECK(push.run(request()) == 0);
}

TEST_CASE("a wait that is over ends with 6 and says who still holds the host", "[cli]") {
  Push push(held_host());
  push.wait = 50ms;
  push.remote.on(Way::shared, refuse_as_busy)
      .on(Way::shared, status_is(held_host()))
      .on(Way::shared, holder(std::nullopt))
      .on(Way::shared, status_is(held_host()));
  CHECK(push.run(request()) == 6);
  CHECK_THAT(push.shown(), ContainsSubstring("waited long enough; activation 01234567 of root"));
}

TEST_CASE("an interrupt ends a wait, and nothing has changed", "[cli]") {
  Push push(held_host());
  push.wait = 20s;
  push.remote.on(Way::shared, refuse_as_busy)
      .on(Way::shared, status_is(held_host()))
      .on(Way::shared, [&](FakePeer& peer) {
        peer.take();
        push.interrupt.press();
        peer.await_end();
      });
  CHECK(push.run(request()) == 1);
  CHECK_THAT(push.shown(), ContainsSubstring("interrupted; nothing has changed on web1"));
}

TEST_CASE("a host that is away for a while is waited for like one that is busy", "[cli]") {
  Push push(held_host());
  push.wait = 20s;
  push.remote.on(Way::shared, refuse_as_busy)
      .on(Way::shared, [](FakePeer& peer) { peer.take(); })  // hangs up
      .on(Way::shared, status_is(quiet_host()))
      .on(Way::shared, commit);
  CHECK(push.run(request()) == 0);
}

TEST_CASE("without --wait a host that became busy meanwhile ends with 6", "[cli]") {
  Push push;
  push.remote.on(Way::shared, refuse_as_busy);
  CHECK(push.run(request()) == 6);
  CHECK_THAT(push.shown(), ContainsSubstring("another activation holds this host"));
}
