// SPDX-License-Identifier: MIT
// Systems that GRUB boots under a BIOS: once by its next entry, and by its default one.
#include "tests/firmware/nixos_machine.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;

namespace {

const Loader kGrub{Firmware::bios,
                   "sed -n 's|^ *linux .* init=\\([^ ]*\\)/init .*|\\1|p' /boot/grub/grub.cfg | head -n 1",
                   "grub-editenv /boot/grub/grubenv list | sed -n 's/^next_entry=//p'"};

}  // namespace

TEST_CASE("GRUB boots a system once, and by default when it is confirmed", "[firmware]") {
  NixosMachine nixos(kGrub);
  const auto second = nixos.build("two", healthy());
  const auto good = nixos.deploy(second);
  INFO(good.out << good.err);
  REQUIRE(good.status == 0);
  nixos.check_rest(second);

  // Its kernel panics in its one boot; nothing of ours ends that.
  const auto third = nixos.build("three", nixos.note("/root/noted") + "echo c >/proc/sysrq-trigger");
  const auto bad = nixos.deploy(third);
  INFO(bad.out << bad.err);
  REQUIRE(bad.status == 3);
  nixos.check_rest(second);
  CHECK(nixos.output_of("cat /root/noted") == "started: " + third + "\ndefault: " + second);
}
