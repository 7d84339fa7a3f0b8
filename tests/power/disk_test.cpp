// SPDX-License-Identifier: MIT
// The disk of an emulated machine loses what a power cut may lose, and nothing else.
#include "tests/support/machine/disk.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

#include <string>

using namespace switchback::test;

namespace {

constexpr std::uint64_t kBlock = 4096;

struct Disk {
  TempDir directory;
  VolatileDisk disk{image()};

  std::string image() const {
    directory.write("image", std::string(64 * kBlock, 'o'));
    return directory / "image";
  }
  void write(std::uint64_t offset, const std::string& text) {
    disk.write(offset, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  std::string read(std::uint64_t offset, std::size_t size) {
    std::string text(size, '?');
    disk.read(offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
  }
};

}  // namespace

TEST_CASE("a machine reads what it wrote, over the image, across blocks", "[disk]") {
  Disk disk;
  disk.write(kBlock - 2, "abcd");
  CHECK(disk.read(kBlock - 3, 6) == "oabcdo");
}

TEST_CASE("what was flushed outlives every cut", "[disk]") {
  Disk disk;
  disk.write(10, "flushed");
  disk.disk.flush();
  disk.write(10, "FLUSHED");
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    disk.disk.cut_power(seed);
    const auto text = disk.read(10, 7);
    CHECK((text == "flushed" || text == "FLUSHED"));
  }
}

TEST_CASE("what was not flushed is kept or lost piece by piece, as the seed says", "[disk]") {
  bool some = false;
  bool all = false;
  bool nothing = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Disk disk;
    disk.write(0, std::string(32 * kBlock, 'n'));
    const auto loss = disk.disk.cut_power(seed);
    REQUIRE(loss.kept + loss.lost == 32);
    std::size_t kept = 0;
    for (std::uint64_t block = 0; block < 32; ++block) {
      const auto text = disk.read(block * kBlock, kBlock);
      REQUIRE((text == std::string(kBlock, 'n') || text == std::string(kBlock, 'o')));
      kept += text[0] == 'n' ? 1 : 0;
    }
    CHECK(kept == loss.kept);
    some = some || (kept > 0 && kept < 32);
    all = all || kept == 32;
    nothing = nothing || kept == 0;
  }
  CHECK(some);
  CHECK(all);
  CHECK(nothing);
}

TEST_CASE("a later write can be on disk without an earlier one of the same block", "[disk]") {
  bool found = false;
  for (std::uint64_t seed = 0; seed < 100 && !found; ++seed) {
    Disk disk;
    disk.write(0, "first");
    disk.write(100, "second");
    disk.disk.cut_power(seed);
    found = disk.read(0, 5) == "ooooo" && disk.read(100, 6) == "second";
  }
  CHECK(found);
}
