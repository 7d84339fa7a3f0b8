// SPDX-License-Identifier: MIT
// Which system the boot loader's default entry starts, by the files of systemd-boot.
#include "activator/adapters/default_boot_entry.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace switchback;
using namespace switchback::test;

namespace {

const std::string kStore = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-";

struct World {
  TempDir directory;
  BootPlaces places{{directory / "boot", directory / "efi"}, directory / "LoaderEntryDefault"};

  World() {
    directory.write("boot/loader/loader.conf", "timeout 5\ndefault nixos-generation-2.conf\neditor 0\n");
    entry("boot", 1);
    entry("boot", 2);
  }
  void entry(const std::string& partition, int number) const {
    const auto name = std::to_string(number);
    directory.write(partition + "/loader/entries/nixos-generation-" + name + ".conf",
                    "title NixOS\nversion Generation " + name +
                        "\nlinux /EFI/nixos/kernel.efi\noptions init=" + kStore + "nixos-system-" + name +
                        "/init loglevel=4\n");
  }
  [[nodiscard]] std::string system() const {
    const auto found = find_default_boot_system(places);
    REQUIRE(found);
    return *found ? (*found)->name() : "cannot be told";
  }
};

}  // namespace

TEST_CASE("the default entry of systemd-boot names the system that a boot starts", "[boot-entry]") {
  World world;
  CHECK(world.system() == "nixos-system-2");
  world.directory.write("boot/loader/loader.conf",
                        "#default nixos-generation-2.conf\ndefault\tnixos-generation-1.conf \n");
  CHECK(world.system() == "nixos-system-1");
}

TEST_CASE("loader.conf and the entries may be on two partitions", "[boot-entry]") {
  World world;
  std::filesystem::remove(world.directory / "boot/loader/loader.conf");
  CHECK(world.system() == "cannot be told");
  world.directory.write("efi/loader/loader.conf", "default nixos-generation-1.conf\n");
  CHECK(world.system() == "nixos-system-1");
}

TEST_CASE("what is no name of one entry of a system is not guessed at", "[boot-entry]") {
  World world;
  SECTION("there is no boot loader of that kind") { std::filesystem::remove_all(world.directory / "boot"); }
  SECTION("somebody has chosen another default") { world.directory.write("LoaderEntryDefault", "x"); }
  SECTION("there is none") { world.directory.write("boot/loader/loader.conf", "timeout 5\n"); }
  SECTION("it is a pattern") { world.directory.write("boot/loader/loader.conf", "default nixos-*.conf\n"); }
  SECTION("it is a word of the boot loader's") {
    world.directory.write("boot/loader/loader.conf", "default @saved\n");
  }
  SECTION("it leads elsewhere") {
    world.directory.write("boot/elsewhere.conf", "options init=" + kStore + "x/init\n");
    world.directory.write("boot/loader/loader.conf", "default ../../elsewhere.conf\n");
  }
  SECTION("its entry is gone") {
    std::filesystem::remove(world.directory / "boot/loader/entries/nixos-generation-2.conf");
  }
  SECTION("its entry starts no system of the store") {
    world.directory.write("boot/loader/entries/nixos-generation-2.conf", "options init=/bin/sh\n");
  }
  SECTION("there are two of it") { world.entry("efi", 2); }
  SECTION("there are two loader.conf") {
    world.directory.write("efi/loader/loader.conf", "default x.conf\n");
  }
  CHECK(world.system() == "cannot be told");
}

TEST_CASE("a boot partition that cannot be read is an error", "[boot-entry]") {
  World world;
  std::filesystem::remove(world.directory / "boot/loader/loader.conf");
  std::filesystem::create_directory(world.directory / "boot/loader/loader.conf");
  CHECK(find_default_boot_system(world.places).error().code == Errc::io);
}
