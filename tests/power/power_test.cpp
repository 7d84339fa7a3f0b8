// SPDX-License-Identifier: MIT
// A fixed share of what the campaign does at random: power cuts where the most is at stake. See campaign.cpp.
#include "tests/power/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;

TEST_CASE("a power cut loses what was written and not synced, and nothing else", "[power]") {
  Machine machine;
  machine.boot();
  // By one login: the kernel writes out by itself what is half a minute old.
  machine.output_of(
      "echo synced >/root/synced && sync && echo not >/root/not-synced && "
      "dd if=/dev/zero of=/root/not-flushed bs=64k count=16 oflag=direct status=none");
  machine.pull_the_plug();
  const auto loss = machine.lose_unflushed(1);
  CHECK(loss.kept + loss.lost > 0);
  machine.boot();
  CHECK(machine.output_of("cat /root/synced") == "synced");
  CHECK(machine.output_of("cat /root/not-synced 2>/dev/null || true").empty());
}

TEST_CASE("wherever the power is cut, the host comes up with the old closure whole or the new one",
          "[power]") {
  // Each finds what the one before left: one boot is saved.
  const std::vector<Cut> cuts{{"committing", Duration(0), 1, Writeback::eager},
                              {"committing", Duration(700), 2, Writeback::lazy},
                              {"committed", Duration(0), 3, Writeback::lazy}};
  CutDeployments deployments(cuts.front().writeback);
  for (std::size_t index = 0; index < cuts.size(); ++index) {
    const auto next = index + 1 < cuts.size() ? cuts[index + 1].writeback : Writeback::lazy;
    const auto report = deployments.run(cuts[index], next);
    std::string told;
    for (const auto& line : report.broken) told += line + "\n";
    INFO("cut " << index << " while " << report.phase << ", " << report.took.count() << " ms\n" << told);
    CHECK(report.broken.empty());
    CHECK((report.ending == Ending::committed || report.ending == Ending::reverted));
    if (report.told_committed) CHECK(report.ending == Ending::committed);
  }
}
