// SPDX-License-Identifier: MIT
// Files that must be whole whatever happens: on a real file system that is full, and after a crash that left
// half of something.
#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/file_record_store.hpp"
#include "activator/protocol/store_path.hpp"
#include "tests/integration/private_mounts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

#include <filesystem>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kLarge(std::size_t{100} * 1024, 'x');

/// A file system of 64 KiB.
struct SmallDisk {
  PrivateMounts mounts;
  TempDir directory;
  SmallDisk() { mounts.mount_empty(directory.path(), "size=64k"); }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path()))
      if (!entry.is_directory()) names.push_back(entry.path().filename().string());
    return names;
  }
};

ActivationId id(char digit) { return *ActivationId::parse(std::string(32, digit)); }

}  // namespace

TEST_CASE("a full disk leaves the old file whole, and nothing of the new one", "[durable]") {
  const SmallDisk disk;
  const auto path = disk.directory / "file";
  REQUIRE(write_durably(path, "old"));
  const auto written = write_durably(path, kLarge);
  REQUIRE_FALSE(written);
  CHECK(written.error().code == Errc::io);
  CHECK_THAT(written.error().message, ContainsSubstring(path));
  CHECK_THAT(written.error().message, ContainsSubstring("No space left on device"));
  CHECK(disk.directory.read("file") == "old");
  CHECK(disk.files() == std::vector<std::string>{"file"});
}

TEST_CASE("a file or link is replaced in one step, and keeps to itself", "[durable]") {
  const TempDir directory;
  const auto path = directory / "file";
  REQUIRE(write_durably(path, "one"));
  REQUIRE(write_durably(path, "two"));
  CHECK(directory.read("file") == "two");
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const auto link = directory / "link";
  REQUIRE(link_durably(link, "/first"));
  REQUIRE(link_durably(link, "/second"));
  CHECK(*read_link(link) == "/second");
  REQUIRE(remove_durably(link));
  REQUIRE(remove_durably(link));
  CHECK_FALSE(read_link(link)->has_value());
}

TEST_CASE("what a crash left half-written is hidden, and the next write takes its place", "[durable]") {
  const TempDir directory;
  const auto half = temporary_name(directory / "app");
  CHECK(std::filesystem::path(half).parent_path() == directory.path());
  CHECK_FALSE(ProfileName::parse(std::filesystem::path(half).filename().string()));
  std::filesystem::create_symlink("/half", half);
  REQUIRE(write_durably(directory / "app", "whole"));
  CHECK(directory.read("app") == "whole");
  std::filesystem::create_symlink("/half", half);
  REQUIRE(link_durably(directory / "app", "/whole"));
  CHECK(*read_link(directory / "app") == "/whole");
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(half)));
}

TEST_CASE("what cannot be read is told apart from what is not there", "[durable]") {
  const TempDir directory;
  CHECK_FALSE(read_file(directory / "nothing", 100)->has_value());
  CHECK_FALSE(read_file(directory.path(), 100));
  directory.write("long", std::string(101, 'x'));
  CHECK_FALSE(read_file(directory / "long", 100));
  CHECK_FALSE(read_link(directory / "long"));
  CHECK(make_directories(directory / "a/b/c"));
  CHECK(make_directories(directory / "a/b/c"));
  CHECK_FALSE(make_directories(directory / "long/d"));
}

TEST_CASE("a record that does not fit leaves the one before it", "[record]") {
  const SmallDisk disk;
  FileRecordStore store(disk.directory / "state");
  CHECK_FALSE(store.load()->has_value());
  REQUIRE(store.save("{\"old\":1}"));
  const auto saved = store.save(kLarge);
  REQUIRE_FALSE(saved);
  CHECK(saved.error().code == Errc::io);
  CHECK(*store.load() == "{\"old\":1}");
  CHECK(disk.files() == std::vector<std::string>{"running.json"});
}

TEST_CASE("a history that does not fit leaves the record running", "[record]") {
  const SmallDisk disk;
  FileRecordStore store(disk.directory / "state");
  REQUIRE(store.save("{}"));
  CHECK_FALSE(store.finish(id('a'), kLarge));
  CHECK(*store.load() == "{}");
  CHECK(store.history(10).empty());
  REQUIRE(store.finish(id('a'), "{\"small\":1}"));
  CHECK_FALSE(store.load()->has_value());
  CHECK(store.history(10) == std::vector<std::string>{"{\"small\":1}"});
}

TEST_CASE("a torn last event is left out, and the next one is whole", "[record]") {
  const TempDir directory;
  FileRecordStore store(directory.path());
  REQUIRE(store.save("{}"));
  store.append_event("{\"seq\":1}");
  directory.write("running.events", directory.read("running.events") + "{\"seq\":2,\"mess");
  CHECK(store.events() == std::vector<std::string>{"{\"seq\":1}"});
  store.append_event("{\"seq\":2}");
  CHECK(store.events() == std::vector<std::string>{"{\"seq\":1}", "{\"seq\":2}"});
}

TEST_CASE("events on a full disk are lost, and the record is not", "[record]") {
  const SmallDisk disk;
  FileRecordStore store(disk.directory / "state");
  REQUIRE(store.save("{}"));
  store.append_event("{\"seq\":1}");
  store.append_event(kLarge);
  CHECK(store.events() == std::vector<std::string>{"{\"seq\":1}"});
  CHECK(*store.load() == "{}");
}

TEST_CASE("a crash in the middle of finishing is made good by finishing again", "[record]") {
  const TempDir directory;
  FileRecordStore store(directory.path());
  REQUIRE(store.save("{}"));
  store.append_event("{\"seq\":1}");
  REQUIRE(store.finish(id('a'), "{\"first\":1}"));
  SECTION("the history was written, the record not removed") {
    REQUIRE(store.save("{}"));
    REQUIRE(store.finish(id('a'), "{\"again\":1}"));
    CHECK(store.history(10) == std::vector<std::string>{"{\"again\":1}"});
  }
  SECTION("the record was removed, its events not") {
    directory.write("running.events", "{\"of\":\"a\"}\n");
    CHECK_FALSE(store.load()->has_value());
    REQUIRE(store.save("{}"));
    CHECK(store.events().empty());
  }
}

TEST_CASE("the history is told newest first, and keeps the last hundred", "[record]") {
  const TempDir directory;
  FileRecordStore store(directory.path());
  for (std::size_t number = 0; number < kHistoryLength + 5; ++number) {
    REQUIRE(store.save("{}"));
    REQUIRE(store.finish(ActivationId::random(), std::to_string(number)));
  }
  CHECK(store.history(2) == std::vector<std::string>{"104", "103"});
  CHECK(store.history(1000).size() == kHistoryLength);
  CHECK(store.history(1000).back() == "5");
  directory.write("history/README", "not a document");
  CHECK(store.history(1000).size() == kHistoryLength);
}
