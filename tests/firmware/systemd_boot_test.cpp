// SPDX-License-Identifier: MIT
// Systems that systemd-boot boots under UEFI firmware: once by its one-shot entry, and by its default one.
#include "tests/firmware/nixos_machine.hpp"
#include "tests/support/catch.hpp"

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const Loader kSystemdBoot{
    Firmware::uefi,
    "sed -n 's|^options init=\\([^ ]*\\)/init .*|\\1|p' "
    "/boot/loader/entries/$(sed -n 's/^default //p' /boot/loader/loader.conf)",
    "cd /sys/firmware/efi/efivars && cat LoaderEntryOneShot-* 2>/dev/null | tail -c +5 | tr -d '\\0'"};

}  // namespace

TEST_CASE("systemd-boot boots a system once, and by default when it is confirmed", "[firmware]") {
  NixosMachine nixos(kSystemdBoot);
  const auto second = nixos.build("two", healthy());
  const auto good = nixos.deploy(second);
  INFO(good.out << good.err);
  REQUIRE(good.status == 0);
  nixos.check_rest(second);

  // Its service fails in its one boot, which the host then ends itself.
  const auto third = nixos.build("three", nixos.note("/root/noted") + "exit 7");
  const auto bad = nixos.deploy(third);
  INFO(bad.out << bad.err);
  REQUIRE(bad.status == 3);
  CHECK_THAT(bad.err, ContainsSubstring("web.service exited with status 7"));
  nixos.check_rest(second);
  CHECK(nixos.output_of("cat /root/noted") == "started: " + third + "\ndefault: " + second);
}
