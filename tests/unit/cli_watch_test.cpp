// SPDX-License-Identifier: MIT
// watch: somebody else's activation, running or over.
#include "cli/verbs.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Watching {
  FakeRemote remote;
  FakeInterrupt interrupt;
  std::ostringstream out;
  std::ostringstream err;
  std::chrono::milliseconds patience{20'000};

  explicit Watching(const HostStatus& status) {
    remote.on(Way::shared, [status](FakePeer& peer) { peer.answer_status(status); });
  }
  int run(const std::optional<std::string>& id = std::nullopt) {
    const auto display = plain_display({.node = "web1", .width = 80, .host_times = true}, out, err);
    const auto meant = id ? std::optional(*IdPrefix::parse(*id)) : std::nullopt;
    return static_cast<int>(watch(remote, meant, *display, interrupt,
                                  {.where = "--host web1",
                                   .host = "web1",
                                   .first_retry = std::chrono::milliseconds(1),
                                   .longest_retry = std::chrono::milliseconds(2),
                                   .patience = patience}));
  }
  [[nodiscard]] std::string shown() const { return err.str() + out.str(); }
};

/// What happened by the host's clock, `at_ms` after the beginning.
void tell(FakePeer& peer, std::uint64_t seq, std::int64_t at_ms, EventBody body) {
  const bool last = std::holds_alternative<OutcomeEvent>(body);
  peer.reply({{"event", to_json(Event{seq, 1'785'585'600'000 + at_ms, kSomeId, std::move(body)})}}, !last);
}

void begin(FakePeer& peer) {
  const auto watch = parse_watch(peer.greet().parameters);
  if (!watch || watch->id != kSomeId || watch->after != 0) return;
  tell(peer, 1, 0, PhaseEvent{Phase::preparing, 120});
  tell(peer, 2, 300, PlanEvent{"app", "web.service", UnitAction::stop_start, "it changed"});
  tell(peer, 3, 500, PhaseEvent{Phase::switching, 240});
  tell(peer, 4, 1700, PhaseEvent{Phase::observing, 300});
  tell(peer, 5, 12'000, PhaseEvent{Phase::awaiting_confirmation, 600});
}

}  // namespace

TEST_CASE("the running activation is watched to its end, which is the exit status", "[cli]") {
  Watching watching(held_host());
  watching.remote.on(Way::shared, [](FakePeer& peer) {
    begin(peer);
    tell(peer, 6, 80'000, PhaseEvent{Phase::committing, 120});
    tell(peer, 7, 80'300, committed());
  });
  CHECK(watching.run() == 0);
  check_golden("watch.txt", watching.shown());
  check_width(watching.shown());
}

TEST_CASE("one that is over is told with the times of its host", "[cli]") {
  auto status = quiet_host();
  status.last = ActivationStatus{kSomeId, Phase::finished, {}, "root", reverted()};
  Watching watching(status);
  watching.remote.on(Way::shared, [](FakePeer& peer) {
    begin(peer);
    tell(peer, 6, 612'000, PhaseEvent{Phase::reverting, 240});
    tell(peer, 7, 613'000, reverted());
  });
  CHECK(watching.run(kSomeId.text()) == 3);
  CHECK_THAT(watching.shown(), ContainsSubstring("reverted: web.service exited with status 1"));
}

TEST_CASE("watching confirms and cancels nothing", "[cli]") {
  Watching watching(held_host());
  SECTION("an interrupt detaches, and says how to come back") {
    watching.remote.on(Way::shared, [&](FakePeer& peer) {
      begin(peer);
      watching.interrupt.press();
      peer.await_end();
    });
    CHECK(watching.run() == 7);
    CHECK_THAT(watching.shown(), ContainsSubstring("switchback watch --host web1 " + kSomeId.text()));
  }
  SECTION("a test that somebody else has begun is watched to its end") {
    watching.remote.on(Way::shared, [](FakePeer& peer) {
      begin(peer);
      tell(peer, 6, 20'000, PhaseEvent{Phase::testing, 3600});
      tell(peer, 7, 30'000, reverted());
    });
    CHECK(watching.run() == 3);
  }
  CHECK(watching.remote.scripts_left() == 0);
}

TEST_CASE("a host that is lost while it is watched is joined again", "[cli]") {
  Watching watching(held_host());
  watching.remote.on(Way::shared, begin);
  SECTION("and it tells the rest") {
    watching.remote.on(Way::shared, [](FakePeer& peer) {
      const auto watch = parse_watch(peer.take().parameters);
      if (!watch || watch->after != 5) return;
      tell(peer, 6, 80'300, committed());
    });
    CHECK(watching.run() == 0);
  }
  SECTION("until patience ends") {
    watching.patience = std::chrono::milliseconds(20);
    CHECK(watching.run() == 7);
  }
}

TEST_CASE("where nothing runs there is nothing to watch", "[cli]") {
  Watching watching(quiet_host());
  SECTION("without an id") {
    CHECK(watching.run() == 1);
    CHECK_THAT(watching.shown(), ContainsSubstring("no activation runs on web1; switchback history"));
  }
  SECTION("with one that the host does not know") {
    watching.remote.on(Way::shared, [](FakePeer& peer) {
      peer.greet();
      peer.refuse(Errc::no_such_activation, "this host knows no such activation");
      peer.await_end();
    });
    CHECK(watching.run(kSomeId.text()) == 1);
    CHECK_THAT(watching.shown(), ContainsSubstring("knows no such activation"));
  }
  SECTION("with the beginning of one") {
    watching.remote.on(Way::shared, [](FakePeer& peer) {
      peer.take();
      peer.reply({{"activations", nlohmann::json::array()}});
    });
    CHECK(watching.run("0123") == 1);
    CHECK_THAT(watching.shown(), ContainsSubstring("knows no activation 0123"));
  }
}

TEST_CASE("a host that cannot be reached cannot be watched", "[cli]") {
  Watching watching(quiet_host());
  watching.remote.connects = fail(Errc::unavailable, "cannot be reached: no route");
  CHECK(watching.run() == 5);
}
