// SPDX-License-Identifier: MIT
// Unit directories, the copies that are made of them, and what the generator makes of those, on a real file
// system.
#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/file_unit_copies.hpp"
#include "activator/generator/generate.hpp"
#include "activator/generator/unit_directory.hpp"
#include "tests/integration/private_mounts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const ProfileName kApp = *ProfileName::parse("app");
const ProfileName kOther = *ProfileName::parse("other");
const ActivationId kId = *ActivationId::parse("0123456789abcdef0123456789abcdef");
const std::string kService = "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=multi-user.target\n";

StorePath closure(const std::string& name) {
  return *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-" + name);
}

/// A host's /etc/switchback, /run/switchback and generator directory.
struct Places {
  TempDir dir;
  CopyPlaces places{dir / "etc", dir / "run"};
  FileUnitCopies copies{places};
  std::vector<std::string> complaints;

  /// The generator's output, anew.
  void generate() {
    std::filesystem::remove_all(dir / "out");
    std::filesystem::create_directory(dir / "out");
    complaints.clear();
    switchback::generate(places, dir / "out",
                         [&](const std::string& problem) { complaints.push_back(problem); });
  }
  void commit(const ProfileName& profile, const std::string& name, const std::vector<UnitDirEntry>& entries) {
    REQUIRE(copies.commit(profile, closure(name), entries));
  }
  void place(const ProfileName& profile, const std::string& name, const std::vector<UnitDirEntry>& entries) {
    REQUIRE(copies.stage(kId, profile, closure(name), entries));
    REQUIRE(copies.place_trial(kId, profile));
  }
};

}  // namespace

TEST_CASE("the generator is found where systemd looks, unless a directory that wins masks it", "[copies]") {
  TempDir dir;
  FileUnitCopies copies{{dir / "etc", dir / "run"}, {dir / "first", dir / "second"}};
  const auto none = copies.check_generator();
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::refused);
  CHECK(none.error().message.find("finds no switchback-generator") != std::string::npos);
  dir.link("second/switchback-generator", "/bin/true");
  CHECK(copies.check_generator());
  dir.link("first/switchback-generator", "/dev/null");
  const auto masked = copies.check_generator();
  REQUIRE_FALSE(masked);
  CHECK(masked.error().message.find("is masked") != std::string::npos);
}

TEST_CASE("a unit directory is read with what its links hold, and written again it is the same", "[copies]") {
  TempDir dir;
  dir.write("store/unit-web/web.service", kService);
  dir.link("units/web.service", dir / "store/unit-web/web.service");
  dir.link("units/www.service", "web.service");
  dir.link("units/apache2.service", "/dev/null");
  dir.write("units/web.service.d/10.conf", "[Service]\nNice=1\n");
  dir.link("units/multi-user.target.wants/web.service", "../web.service");
  dir.link("units/multi-user.target.wants/gone.service", "/nowhere/gone.service");
  const auto entries = read_unit_directory(dir / "units");
  REQUIRE(entries);
  const std::vector<UnitDirEntry> expected{{"apache2.service", "", "/dev/null"},
                                           {"multi-user.target.wants/gone.service", "", "gone.service"},
                                           {"multi-user.target.wants/web.service", "", "web.service"},
                                           {"web.service", kService, ""},
                                           {"web.service.d/10.conf", "[Service]\nNice=1\n", ""},
                                           {"www.service", "", "web.service"}};
  CHECK(*entries == expected);
  REQUIRE(write_unit_directory(dir / "copy", *entries));
  CHECK(*read_unit_directory(dir / "copy") == expected);
  CHECK_FALSE(write_unit_directory(dir / "copy", *entries));
}

TEST_CASE("a unit directory that cannot be trusted to end is refused", "[copies]") {
  TempDir dir;
  dir.write("units/web.service", kService);
  std::string says;
  SECTION("a FIFO") {
    REQUIRE(::mkfifo((dir / "units/fifo.service").c_str(), 0600) == 0);
    says = "fifo.service is no regular file";
  }
  SECTION("a broken link") {
    dir.link("units/gone.service", "/nowhere/gone.service");
    says = "gone.service is a link that leads nowhere";
  }
  SECTION("a link to itself") {
    dir.link("units/self.service", "self.service");
    says = "self.service is a link that leads nowhere";
  }
  SECTION("a file over the limit") {
    dir.write("units/large.service", std::string(kMaxUnitFileBytes + 1, '#'));
    says = "large.service is over the limit";
  }
  const auto entries = read_unit_directory(dir / "units");
  REQUIRE_FALSE(entries);
  CHECK(entries.error().code == Errc::invalid_closure);
  CHECK_THAT(entries.error().message, ContainsSubstring(says));
}

TEST_CASE("a commit makes one closure's copies current, and can be repeated", "[copies]") {
  Places host;
  CHECK(host.copies.committed()->empty());
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  host.commit(kApp, "web-2", {{"web.service", kService + "#2\n", ""}});
  CHECK(host.copies.committed()->at(kApp) == closure("web-2"));
  CHECK(host.copies.committed_entries(kApp)->front().text == kService + "#2\n");
  host.copies.clean();
  CHECK_FALSE(host.dir.has("etc/app/" + closure("web-1").text().substr(11)));
  REQUIRE(host.copies.forget(kApp));
  REQUIRE(host.copies.forget(kApp));
  CHECK_FALSE(host.dir.has("etc/app"));
  CHECK(host.copies.committed()->empty());
}

TEST_CASE("copies are forgotten with their link, whatever stays of them", "[copies]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  const PrivateMounts mounts;
  mounts.mount_empty(host.dir /
                     ("etc/app/" + closure("web-1").text().substr(11)));  // which cannot be removed
  CHECK(host.copies.forget(kApp));
  CHECK(host.copies.committed()->empty());
}

TEST_CASE("what a crash left of a commit is in nobody's way", "[copies]") {
  Places host;
  const auto name = closure("web-1").text().substr(11);
  host.dir.write("etc/app/" + name + "/half.service", "[Ser");
  host.dir.write("etc/app/.new-" + name + "/half.service", "[Ser");
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  CHECK(host.copies.committed_entries(kApp)->size() == 1);
  host.copies.clean();
  CHECK_FALSE(host.dir.has("etc/app/.new-" + name));
}

TEST_CASE("a link that names no closure is told, not guessed at", "[copies]") {
  Places host;
  host.dir.link("etc/app/current", "somewhere");
  const auto committed = host.copies.committed();
  REQUIRE_FALSE(committed);
  CHECK(committed.error().code == Errc::corrupt);
  host.copies.clean();
  CHECK(host.dir.has("etc/app/current"));
}

TEST_CASE("the generator takes a trial's units in place of the committed ones, and these again after it",
          "[generator]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}, {"old.service", kService, ""}});
  host.generate();
  CHECK(host.dir.read("out/web.service") == kService);
  CHECK(host.dir.has("out/multi-user.target.wants/web.service"));
  host.place(kApp, "web-2", {{"web.service", "[Service]\nExecStart=/bin/b\n", ""}});
  host.generate();
  CHECK(host.dir.read("out/web.service") == "[Service]\nExecStart=/bin/b\n");
  CHECK_FALSE(host.dir.has("out/multi-user.target.wants/web.service"));
  CHECK_FALSE(host.dir.has("out/old.service"));
  REQUIRE(host.copies.drop_trial(kApp));
  host.generate();
  CHECK(host.dir.read("out/web.service") == kService);
  CHECK(host.dir.read("out/old.service") == kService);
  CHECK(host.complaints.empty());
}

TEST_CASE("a trial whose placing was cut short is no trial, of this profile or another", "[generator]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  host.place(kApp, "web-2", {{"new.service", kService, ""}});
  const auto trial = host.places.trials() + "/" + kApp.text();
  std::filesystem::rename(trial, temporary_name(trial));
  CHECK_FALSE(host.copies.has_trial(kApp));
  host.generate();
  CHECK(host.dir.has("out/web.service"));
  CHECK_FALSE(host.dir.has("out/new.service"));
  CHECK(host.complaints.empty());
}

TEST_CASE("a trial that leads nowhere is told, and the committed units are there", "[generator]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  host.place(kApp, "web-2", {{"new.service", kService, ""}});
  std::filesystem::remove_all(host.places.staged());
  host.generate();
  CHECK(host.dir.has("out/web.service"));
  REQUIRE(host.complaints.size() == 1);
  CHECK_THAT(host.complaints.front(), ContainsSubstring("which is gone"));
}

TEST_CASE("units of several profiles are all there, also of one that has nothing but a trial",
          "[generator]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  host.place(kOther, "db-1", {{"db.service", kService, ""}, {"database.service", "", "db.service"}});
  host.generate();
  CHECK(host.dir.has("out/web.service"));
  CHECK(host.dir.has("out/db.service"));
  CHECK(host.dir.read("out/database.service") == kService);
}

TEST_CASE("files, not links, so that nothing can be enabled to a trial's file for ever", "[generator]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  host.generate();
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(host.dir / "out/web.service")));
}

TEST_CASE("one bad unit is told, and costs no other", "[generator]") {
  Places host;
  host.commit(kApp, "web-1",
              {{"bad.service", "[Service\n", ""}, {"web.service", kService, ""}, {"odd", "x", ""}});
  host.generate();
  CHECK(host.dir.has("out/web.service"));
  CHECK_FALSE(host.dir.has("out/bad.service"));
  REQUIRE(host.complaints.size() == 2);
  CHECK_THAT(host.complaints.front(), ContainsSubstring("bad.service"));
}

TEST_CASE("what a damaged disk has made of a unit is told, and costs no other", "[generator]") {
  Places host;
  host.commit(kApp, "web-1",
              {{"a.service", kService, ""},
               {"b.service", kService, ""},
               {"c.service", kService, ""},
               {"c.service.d/more.conf", "[Service]\nNice=5\n", ""},
               {"web.service", kService, ""}});
  const auto replace = [&](const std::string& name, const auto& by) {
    const auto path = host.dir / "etc/app/current" + ("/" + name);
    std::filesystem::remove(path);
    by(path);
  };
  replace("a.service", [](const auto& path) { std::filesystem::create_symlink("nowhere", path); });
  replace("b.service", [](const auto& path) { REQUIRE(::mkfifo(path.c_str(), 0644) == 0); });
  replace("c.service.d/more.conf", [](const auto& path) { std::filesystem::create_directory(path); });
  host.generate();
  CHECK_FALSE(host.dir.has("out/a.service"));
  CHECK_FALSE(host.dir.has("out/b.service"));
  CHECK(host.dir.has("out/c.service"));
  CHECK(host.dir.has("out/web.service"));
  CHECK(host.complaints.size() == 3);
}

TEST_CASE("a name that is taken already stays what it is", "[generator]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  host.commit(kOther, "db-1",
              {{"web.service", "[Service]\nExecStart=/other\n", ""}, {"db.service", kService, ""}});
  host.generate();
  CHECK(host.dir.read("out/web.service") == kService);
  CHECK(host.dir.has("out/db.service"));
  REQUIRE_FALSE(host.complaints.empty());
  CHECK_THAT(host.complaints.front(), ContainsSubstring("profile other"));
}

TEST_CASE("copies that others than root could have written are not run", "[generator]") {
  Places host;
  host.commit(kApp, "web-1", {{"web.service", kService, ""}});
  std::filesystem::permissions(host.dir / "etc/app/current/", std::filesystem::perms::all);
  host.generate();
  CHECK_FALSE(host.dir.has("out/web.service"));
  CHECK_THAT(host.complaints.front(), ContainsSubstring("others than root"));
}

TEST_CASE("a host with no profiles gets no units and no complaints", "[generator]") {
  Places host;
  host.generate();
  CHECK(std::filesystem::is_empty(host.dir / "out"));
  CHECK(host.complaints.empty());
}
