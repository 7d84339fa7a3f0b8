// SPDX-License-Identifier: MIT
// What is booted into: what its pusher waits for, and what it says when that does not come.
#include "tests/support/catch.hpp"
#include "tests/unit/cli_golden.hpp"
#include "tests/unit/cli_push.hpp"

#include <nlohmann/json.hpp>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;

namespace {

ActivateRequest boot_request(ConfirmMode confirm, bool reboot) {
  auto out = request(confirm);
  out.id = kSomeId;
  out.mode = Mode::boot;
  out.reboot = reboot;
  return out;
}

void stage(FakePeer& peer, const ActivationId& id) {
  peer.tell(id, 1, PhaseEvent{Phase::preparing, 120});
  peer.tell(id, 2, PhaseEvent{Phase::switching, 240});
  peer.tell(id, 3, PhaseEvent{Phase::awaiting_boot, 300});
}

}  // namespace

TEST_CASE("a boot that somebody else makes ends for its pusher when it is staged", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    stage(peer, peer.accept());
    peer.await_end();
  });
  CHECK(push.run(boot_request(ConfirmMode::manual, false)) == 0);
  CHECK_THAT(push.out.str(), ContainsSubstring("the next boot runs it, and that boot alone"));
  CHECK_THAT(push.out.str(), ContainsSubstring("switchback confirm --host web1 " + kSomeId.text()));
  CHECK_THAT(push.out.str(), ContainsSubstring("switchback cancel --host web1 " + kSomeId.text()));
}

TEST_CASE("one that nobody needs to confirm does not ask for it", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) {
    stage(peer, peer.accept());
    peer.await_end();
  });
  CHECK(push.run(boot_request(ConfirmMode::none, false)) == 0);
  CHECK_THAT(push.out.str(), ContainsSubstring("Healthy then it is kept"));
  CHECK_THAT(push.out.str(), !ContainsSubstring("switchback confirm"));
}

TEST_CASE("a host that reboots is waited for, and what it says afterwards is followed to the end", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [](FakePeer& peer) { stage(peer, peer.accept()); });  // and goes down
  push.remote.on(Way::shared, [](FakePeer& peer) {
    const auto watch = parse_watch(peer.take().parameters);
    if (!watch || watch->after != 3) return;
    peer.tell(watch->id, 4, PhaseEvent{Phase::observing, 300});
    peer.tell(watch->id, 5, committed());
  });
  CHECK(push.run(boot_request(ConfirmMode::none, true)) == 0);
  CHECK_THAT(push.err.str(), ContainsSubstring("it reboots, and is waited for, 600 s at most"));
  CHECK_THAT(push.err.str(), !ContainsSubstring("contact lost"));
}

TEST_CASE("a host that does not come back from its reboot ends with 7, and what will become of it", "[cli]") {
  Push push;
  push.width = 80;
  push.reboot_timeout = milliseconds{30};
  push.remote.on(Way::shared, [](FakePeer& peer) { stage(peer, peer.accept()); });
  CHECK(push.run(boot_request(ConfirmMode::automatic, true)) == 7);
  check_golden("reboot_lost.txt", push.shown());
  check_width(push.shown());
}

TEST_CASE("an interrupt while a host is waited for leaves it alone at the second", "[cli]") {
  Push push;
  push.remote.on(Way::shared, [&](FakePeer& peer) {
    stage(peer, peer.accept());
    push.interrupt.press();
    push.interrupt.press();
  });
  CHECK(push.run(boot_request(ConfirmMode::automatic, true)) == 7);
}
