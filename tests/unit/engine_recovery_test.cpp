// SPDX-License-Identifier: MIT
// What crashes, cuts and full disks leave behind, and how the engine finds its way out of it.
#include "tests/unit/kinds.hpp"

using namespace switchback;
using namespace switchback::test;

TEST_CASE("what the old script did is on disk before the record says reverted", "[recovery]") {
  ScriptHost host;
  int syncs_before = 0;
  host.world.programs->effects["/profiles/root/app/deploy-rs-activate"] = [&](const ProgramRun&) {
    syncs_before = host.world.host->syncs;
    return ProgramEnd{true, 0, "", {}};
  };
  const auto id = host.world.activate_until(host.world.request(host.add("app-2"), ConfirmMode::automatic),
                                            Phase::awaiting_confirmation);
  SECTION("in the same boot") { (void)host.world.engine->cancel({id, ""}); }
  SECTION("after a reboot") { host.world.reboot(); }
  CHECK(host.world.await_outcome().outcome == Outcome::reverted);
  CHECK(host.world.host->syncs > syncs_before);
}
