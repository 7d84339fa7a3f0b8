// SPDX-License-Identifier: MIT
// Hosts whose /nix or /var is a file system of its own: systemd mounts it long after its generators have run.
// What was committed runs all the same, and a trial ends as on any other host.
#include "tests/host/systems.hpp"
#include "tests/support/catch.hpp"

#include <cstdint>
#include <map>
#include <string>

using namespace switchback::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A generator that writes down what generators find: in their output, the one place that all may write to.
constexpr const char* kWitness = "#!/bin/sh\nls -A /nix /var >\"$1/witness\" 2>&1\n";

/// For a mount that a boot has no reason to wait for: sockets.target would, for nix's own socket.
constexpr const char* kSlowDisk = R"sh(
systemctl mask nix-daemon.socket nix-daemon.service
cat >/etc/systemd/system/slow-disk.service <<END
[Unit]
DefaultDependencies=no
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sleep 4
END
)sh";

/// A host with a bind mount in fstab for each directory, of one that is elsewhere on its disk. Where it is to
/// be mounted there is an empty directory.
struct MountingHost {
  TestHost host = TestHost::boot();

  /// The directories, and fstab's options of their mounts; what else is done to the host before.
  explicit MountingHost(const std::map<std::string, std::string>& mounts,
                        const std::string& prepare = "true") {
    host.write_file("/etc/systemd/system-generators/witness", kWitness, "0755");
    host.output_of(prepare);
    host.crash();
    for (const auto& [directory, options] : mounts) {
      const auto moved = host.run_on_disk("mkdir -p /disks && mv " + directory + " /disks/ && mkdir " +
                                          directory + " && echo '/disks" + directory + " " + directory +
                                          " none " + options + " 0 0' >>/etc/fstab");
      INFO(moved.err);
      REQUIRE(moved.status == 0);
    }
    host.boot_again();
  }

  /// When a unit became active, in microseconds since the machine was started.
  std::int64_t active_since(const std::string& unit) {
    return std::stoll(host.unit_property(unit, "ActiveEnterTimestampMonotonic"));
  }

  /// In this boot `directory` was empty when the generators ran, and is mounted now. Before the first reload.
  void check_mounted_late(const std::string& directory) {
    const auto witness = "\n" + host.read_file("/run/systemd/generator/witness") + "\n";
    CHECK_THAT(witness, ContainsSubstring("\n" + directory + ":\n\n"));
    CHECK(active_since(directory.substr(1) + ".mount") > 0);
  }
};

void deploy_to_host_with(const std::string& directory) {
  MountingHost mounting({{directory, "bind"}});
  auto& host = mounting.host;
  const auto first = web(host, "web-1");
  settle(host, first);
  host.reboot();
  mounting.check_mounted_late(directory);
  CHECK(host.state() == "running");
  check_runs(host, first);

  const auto second = web(host, "web-2");
  const auto process = host.start_pusher(deploy_command(second, {"--soak", "30"}));
  await_phase(host, "observing");
  host.crash();
  process->kill_all();
  host.boot_again();
  await_rest(host);
  check_runs(host, first);
  CHECK(last_outcome(host).at("outcome") == "reverted");

  REQUIRE(deploy(host, second).status == 0);
  host.reboot();
  mounting.check_mounted_late(directory);
  check_runs(host, second);
}

}  // namespace

TEST_CASE("a host whose /nix is mounted late runs what was committed, commits and reverts", "[mounts]") {
  deploy_to_host_with("/nix");
}

TEST_CASE("a host whose /var is mounted late runs what was committed, commits and reverts", "[mounts]") {
  deploy_to_host_with("/var");
}

TEST_CASE("an activator with something to take back waits for a /nix that nothing else waits for",
          "[mounts]") {
  MountingHost mounting({{"/var", "bind"}, {"/nix", "bind,nofail,x-systemd.requires=slow-disk.service"}},
                        kSlowDisk);
  auto& host = mounting.host;
  const auto script = [&](const std::string& name) {
    return Closure("app-" + name)
        .file("deploy-rs-activate", "#!/bin/sh\necho " + name + " >>/etc/app.log\n")
        .build(host.pusher());
  };
  const auto first = script("one");
  REQUIRE(host.pusher(deploy_to("app", first)).status == 0);
  const auto process = host.start_pusher(deploy_to("app", script("two"), {"--confirm", "manual"}));
  await_phase(host, "awaiting confirmation");
  host.crash();
  process->kill_all();
  host.boot_again();
  await_rest(host);
  CHECK(mounting.active_since("nix.mount") > mounting.active_since("basic.target"));
  CHECK(named(host) == first);
  CHECK(host.read_file("/etc/app.log") == "one\ntwo\none\n");
  CHECK(last_outcome(host).at("outcome") == "reverted");
}
