// SPDX-License-Identifier: MIT
// The next boot of a host: which of the ways to tell it is taken, and what each program is asked. GRUB's are
// the real ones; bootctl needs firmware, so that one stands in for it and takes down what it is asked. The
// real one is in tests/firmware.
#include "activator/adapters/boot_entries.hpp"
#include "activator/adapters/host_boot_loader.hpp"
#include "tests/integration/waiting.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/path_begins.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/testhost/process.hpp"

#include <filesystem>

using namespace switchback;
using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const auto kNew = *StorePath::parse("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nixos-system-2");
const auto kOther = *StorePath::parse("/nix/store/1123456789abcdfghijklmnpqrsvwxyz-nixos-system-3");

struct World {
  TempDir directory;
  EventLoop loop;
  BootLoaderPlaces places;
  World() {
    places.hook = directory / "boot-once";
    places.loader_info = directory / "LoaderInfo";
    places.grub = {directory / "boot/grub"};
  }
  void program(const std::string& path, const std::string& script) const {
    directory.write(path, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(directory / path, std::filesystem::perms::owner_all);
  }
  /// What `ask` of a boot loader comes to.
  Status answer_to(const std::function<void(HostBootLoader&, Callback<void>)>& ask) {
    HostBootLoader loader(loop, places);
    Answer<Status> answer;
    ask(loader, answer.callback());
    return answer.await(loop);
  }
  Status check() {
    return answer_to([](HostBootLoader& loader, Callback<void> done) { loader.check(std::move(done)); });
  }
  Status boot_once(const StorePath& system) {
    return answer_to(
        [&](HostBootLoader& loader, Callback<void> done) { loader.boot_once(system, std::move(done)); });
  }
  Status forget() {
    return answer_to(
        [](HostBootLoader& loader, Callback<void> done) { loader.forget_boot_once(std::move(done)); });
  }
  [[nodiscard]] std::string asked() const { return directory.read("asked"); }
};

/// As NixOS's installer of GRUB writes it, in short.
std::string grub_config() {
  return "if [ -s $prefix/grubenv ]; then\n  load_env\nfi\nif [ \"${next_entry}\" ]; then\n"
         "  set default=\"${next_entry}\"\n  set next_entry=\n  save_env next_entry\nelse\n  set "
         "default=0\nfi\n"
         "menuentry \"NixOS\" --class nixos --unrestricted {\nsearch --set=drive1\n"
         "  linux ($drive1)//kernels/bzImage init=" +
         kOther.text() +
         "/init loglevel=4\n}\n"
         "submenu \"NixOS - All configurations\" --class submenu {\n"
         "menuentry \"NixOS - Configuration 3 (a > b)\" --class nixos {\n  linux //k init=" +
         kOther.text() +
         "/init\n}\n"
         "menuentry \"NixOS - Configuration 2\" --class nixos {\n  linux //k init=" +
         kNew.text() + "/init loglevel=4\n}\n}\n";
}

std::string efi_variable(const std::string& text) {
  std::string bytes(4, '\x06');
  for (const char c : text) bytes += std::string{c, '\0'};
  return bytes + std::string(2, '\0');
}

}  // namespace

TEST_CASE("a host with no boot loader that is known is told which are", "[boot]") {
  World world;
  const auto checked = world.check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Errc::refused);
  for (const char* way : {"systemd-boot", "GRUB", "/etc/switchback/boot-once"})
    CHECK_THAT(checked.error().message, ContainsSubstring(way));
}

TEST_CASE("the host's own program comes first, and says itself what is wrong", "[boot]") {
  World world;
  world.directory.write("boot/grub/grub.cfg", grub_config());
  world.program("boot-once", "echo \"$@\" >>" + (world.directory / "asked") +
                                 "; [ \"$2\" != " + kOther.text() + " ] || { echo no entry >&2; exit 1; }");
  CHECK(world.check());
  CHECK(world.boot_once(kNew));
  CHECK(world.forget());
  CHECK(world.asked() == "check\nset " + kNew.text() + "\nclear\n");
  const auto failed = world.boot_once(kOther);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, ContainsSubstring("no entry"));
}

TEST_CASE("GRUB is told by its own programs the entry that starts the system", "[boot]") {
  World world;
  world.directory.write("boot/grub/grub.cfg", grub_config());
  const auto environment = world.directory / "boot/grub/grubenv";
  REQUIRE(run_command({"grub-editenv", environment, "create"}).status == 0);
  const auto variables = [&] { return run_command({"grub-editenv", environment, "list"}).out; };
  CHECK(world.check());
  CHECK(world.boot_once(kNew));
  CHECK_THAT(variables(),
             ContainsSubstring("next_entry=NixOS - All configurations>NixOS - Configuration 2\n"));
  CHECK(world.forget());
  CHECK_THAT(variables(), !ContainsSubstring("next_entry=NixOS"));
  CHECK(world.forget());
  const auto missing = world.boot_once(*StorePath::parse(kNew.text() + "0"));
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message, ContainsSubstring("has no entry"));
}

TEST_CASE("a GRUB that does not look for a next entry is none that can be told", "[boot]") {
  World world;
  world.directory.write("boot/grub/grub.cfg", "menuentry \"Linux\" {\n linux /vmlinuz\n}\n");
  REQUIRE(run_command({"grub-editenv", world.directory / "boot/grub/grubenv", "create"}).status == 0);
  CHECK_FALSE(world.check());
}

TEST_CASE("systemd-boot is told by bootctl, and another loader with the same variable is not", "[boot]") {
  World world;
  const PathBegins path(world.directory / "bin");
  world.program("bin/bootctl", "printf '%s|' \"$@\" >>" + (world.directory / "asked") +
                                   "; [ \"$1\" != list ] || cat " + (world.directory / "entries"));
  world.directory.write("entries", R"([{"id": "nixos-generation-3.conf", "options": "init=)" + kOther.text() +
                                       R"(/init loglevel=4"}, {"id": "auto-reboot-to-firmware-setup"},
      {"id": "nixos-generation-2.conf", "options": "loglevel=4 init=)" +
                                       kNew.text() + R"(/init"}])");
  world.directory.write("LoaderInfo", efi_variable("GRUB 2.12"));
  CHECK_FALSE(world.check());
  world.directory.write("LoaderInfo", efi_variable("systemd-boot 252.39"));
  CHECK(world.check());
  CHECK(world.boot_once(kNew));
  CHECK(world.forget());
  CHECK(world.asked() ==
        "list|--json=short|list|--json=short|set-oneshot|nixos-generation-2.conf|set-oneshot||");
}

TEST_CASE("bootctl lists its entries in an array, or each in a line of its own", "[boot]") {
  const std::string first =
      R"({"id":"nixos-generation-3.conf","options":"init=)" + kOther.text() + R"(/init"})";
  const std::string second =
      R"({"id":"nixos-generation-2.conf","options":"init=)" + kNew.text() + R"(/init loglevel=4"})";
  const std::string last = R"({"id":"auto-reboot-to-firmware-setup"})";
  for (const auto& listed : {"[" + first + "," + second + "," + last + "]\n",  // systemd 257
                             first + "\n" + second + "\n" + last + "\n\n"}) {  // systemd 252
    CHECK(find_systemd_boot_entry(listed, kNew) == "nixos-generation-2.conf");
    CHECK(find_systemd_boot_entry(listed, kOther) == "nixos-generation-3.conf");
  }
  CHECK(find_systemd_boot_entry(second, kNew) == "nixos-generation-2.conf");
}

TEST_CASE("what is no list of entries has none", "[boot]") {
  for (const char* text :
       {"", "[]", "{}", "nonsense", "[7]", "7\n8", "{}\n\n{", "[\n{", R"([{"id": 7, "options": []}])"})
    CHECK_FALSE(find_systemd_boot_entry(text, kNew));
  for (const char* text : {"", "}", "menuentry {", "}\n}\nmenuentry 'x' {\nlinux init="})
    CHECK_FALSE(find_grub_entry(text, kNew));
  CHECK(find_grub_entry(grub_config(), kOther) == "NixOS");
}
