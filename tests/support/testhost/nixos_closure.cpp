// SPDX-License-Identifier: MIT
#include "tests/support/testhost/nixos_closure.hpp"

#include <sys/utsname.h>

#include <sstream>
#include <stdexcept>

namespace switchback::test {
namespace {

constexpr const char* kUnits = "etc/systemd/system/";

std::string standin(const std::string& name) { return read_text(script("../standin/" + name)); }

/// The system of the entry whose name `shell` prints.
std::string system_of_entry(const std::string& shell) {
  return "sed -n 's|^options init=\\([^ ]*\\)/init.*|\\1|p' /boot/loader/entries/$(" + shell + ")";
}

std::string machine_here() {
  utsname names{};
  ::uname(&names);
  return std::string(names.machine) + "-linux";
}

}  // namespace

NixosClosure::NixosClosure(const std::string& name) : closure_("nixos-system-" + name) {
  closure_.file("bin/switch-to-configuration", standin("switch-to-configuration"))
      .file("bin/install-boot-loader", standin("install-boot-loader"))
      .file("activate", standin("activate"))
      .file("init", standin("init"))
      .file("nixos-version", name + "\n")
      .file("etc/system-name", name + "\n");
  init_interface_version("systemd 2").system(machine_here());
  boot_specification(R"({"org.nixos.bootspec.v1": {"init": "@out@/init", "toplevel": "@out@"}})");
  // As on NixOS it comes with the system, so that a switch starts what it newly wants.
  unit("multi-user.target",
       "[Unit]\nDescription=Multi-User System\nRequires=basic.target\nConflicts=rescue.service "
       "rescue.target\nAfter=basic.target rescue.service rescue.target\nAllowIsolate=yes\n");
}

NixosClosure& NixosClosure::unit(const std::string& name, const std::string& text) {
  closure_.file(kUnits + name, text);
  return *this;
}

NixosClosure& NixosClosure::wanted(const std::string& name, const std::string& text,
                                   const std::string& target) {
  closure_.link(kUnits + target + ".wants/" + name, "../" + name);
  return unit(name, text);
}

NixosClosure& NixosClosure::activates(const std::string& name, const std::string& shell) {
  return program("activation/" + name, shell);
}

NixosClosure& NixosClosure::without_activation() {
  closure_.file("activate", "");  // nothing that can be run
  return *this;
}

NixosClosure& NixosClosure::exits(const std::string& action, int status) {
  closure_.file("exits/" + action, std::to_string(status) + "\n");
  return *this;
}

NixosClosure& NixosClosure::init_interface_version(const std::string& version) {
  closure_.file("init-interface-version", version + "\n");
  return *this;
}

NixosClosure& NixosClosure::boot_specification(const std::string& json) {
  closure_.file("boot.json", json);
  return *this;
}

NixosClosure& NixosClosure::kernel(std::size_t kib) {
  closure_.file("kernel", std::string(kib * 1024, 'k'));
  return boot_specification(
      R"({"org.nixos.bootspec.v1": {"init": "@out@/init", "kernel": "@out@/kernel", "toplevel": "@out@"}})");
}

NixosClosure& NixosClosure::boots(const std::string& directory, const std::string& kernel_params) {
  closure_.link("kernel", directory + "/vmlinuz").link("initrd", directory + "/initrd");
  closure_.file("kernel-params", kernel_params + "\n");
  std::string quoted;
  std::istringstream words(kernel_params);
  for (std::string word; words >> word;) quoted += (quoted.empty() ? "\"" : ", \"") + word + "\"";
  return boot_specification(
      R"({"org.nixos.bootspec.v1": {"init": "@out@/init", "toplevel": "@out@", "kernel": ")" + directory +
      R"(/vmlinuz", "initrd": ")" + directory + R"(/initrd", "kernelParams": [)" + quoted + "]}}");
}

NixosClosure& NixosClosure::by_grub() {
  closure_.file("bin/install-boot-loader", standin("install-grub"));
  return *this;
}

NixosClosure& NixosClosure::system(const std::string& machine) {
  closure_.file("system", machine);
  return *this;
}

NixosClosure& NixosClosure::program(const std::string& path, const std::string& text) {
  closure_.file(path, "#!/bin/bash\n" + text + "\n");
  return *this;
}

std::string deploy_rs_wrapper(Pusher& pusher, const std::string& system, const std::string& given) {
  const std::string stock =
      "set -euo pipefail\nif [[ \"${DRY_ACTIVATE:-}\" == \"1\" ]]\nthen\n"
      "    $PROFILE/bin/switch-to-configuration dry-activate\n"
      "elif [[ \"${BOOT:-}\" == \"1\" ]]\nthen\n    $PROFILE/bin/switch-to-configuration boot\n"
      "else\n    # work around https://github.com/NixOS/nixpkgs/issues/73404\n    cd /tmp\n\n"
      "    $PROFILE/bin/switch-to-configuration switch\nfi";
  Closure wrapper("activatable-nixos-system");
  for (const char* entry :
       {"activate", "bin", "boot.json", "etc", "init-interface-version", "nixos-version", "system"}) {
    wrapper.link(entry, system + "/" + entry);
  }
  return wrapper.needs(system)
      .file("deploy-rs-activate", "#!/bin/bash\n" + (given.empty() ? stock : given) + "\n")
      .file("activate-rs", "#!/bin/bash\nexec /nowhere/bin/activate \"$@\"\n")
      .build(pusher);
}

void become_nixos(TestHost& host, const std::string& system) {
  const std::string units = "/usr/lib/systemd/system/";
  host.write_file("/etc/NIXOS", "");
  host.write_file("/usr/lib/standin/boot-entry", standin("boot-entry"), "0755");
  host.write_file("/etc/switchback/boot-once", standin("boot-once"), "0755");
  host.write_file(units + "standin-boot.service",
                  "[Unit]\nDescription=Bring up the system of the boot loader's entry\n"
                  "DefaultDependencies=no\nRequires=local-fs.target\nAfter=local-fs.target\n"
                  "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/lib/standin/boot-entry\n");
  host.write_file(units + "standin-boot.target",
                  "[Unit]\nDescription=Stand-in for a boot loader\nDefaultDependencies=no\n"
                  "Requires=standin-boot.service\nAfter=standin-boot.service\nAllowIsolate=yes\n");
  host.copy_closure(system);
  host.output_of("ln -sf " + units + "standin-boot.target /etc/systemd/system/default.target && " +
                 "nix-env --profile /nix/var/nix/profiles/system --set " + system + " && " + system +
                 "/bin/switch-to-configuration boot");
  host.reboot();
}

void give_boot_partition(TestHost& host, std::size_t kib) {
  host.run("systemctl --no-block poweroff");
  host.wait_until_off();
  const auto made =
      host.run_on_disk("cp -a /boot /boot.old && mount -t tmpfs -o mode=755,size=" + std::to_string(kib) +
                       "k boot /boot && cp -a /boot.old/. /boot && rm -r /boot.old");
  if (made.status != 0) throw std::runtime_error("cannot make a boot partition: " + made.err);
  host.boot_again();
}

std::string boot_entry(TestHost& host) {
  return host.output_of(system_of_entry("sed -n 's/^default //p' /boot/loader/loader.conf"));
}

std::string one_shot(TestHost& host) {
  return host.output_of("test ! -e /boot/loader/oneshot || " + system_of_entry("cat /boot/loader/oneshot") +
                        " 2>/dev/null || true");
}

std::string booted_system(TestHost& host) { return host.output_of("readlink /run/booted-system"); }

}  // namespace switchback::test
