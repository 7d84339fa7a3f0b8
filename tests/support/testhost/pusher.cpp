// SPDX-License-Identifier: MIT
#include "tests/support/testhost/pusher.hpp"

#include "tests/support/testhost/roots.hpp"

#include <utility>

namespace switchback::test {
namespace {

namespace fs = std::filesystem;

ProcessOptions process_options(const PusherOptions& options) {
  ProcessOptions result;
  result.input = options.input;
  result.terminal = options.terminal;
  return result;
}

}  // namespace

Pusher::Pusher() : world_({"pusher"}) {
  const fs::path ssh = home() / ".ssh";
  fs::create_directories(ssh);
  fs::permissions(ssh, fs::perms::owner_all);
  fs::copy_file(pusher_key(), ssh / "id_ed25519");
  fs::permissions(ssh / "id_ed25519", fs::perms::owner_read | fs::perms::owner_write);
  write_text(ssh / "known_hosts", "* " + host_key());
  write_text(ssh / "config", "GlobalKnownHostsFile /dev/null\n");
  write_text(
      world_.directory() / "nix-conf/nix.conf",
      "experimental-features = nix-command flakes\nsandbox = false\nbuild-users-group =\nsubstituters =\n"
      "flake-registry =\n");
#ifdef SWITCHBACK_CLI
  if (fs::exists(SWITCHBACK_CLI)) fs::create_symlink(SWITCHBACK_CLI, bin() / "switchback");
#endif
}

std::vector<std::string> Pusher::enter(const std::vector<std::string>& argv,
                                       const PusherOptions& options) const {
  const fs::path& dir = world_.directory();
  std::vector<std::string> line{"nsenter",
                                "--target",
                                std::to_string(world_.pid()),
                                "--mount",
                                "--net",
                                "--wd=" + home().string(),
                                "--",
                                "/usr/bin/env",
                                "-i",
                                "HOME=" + home().string(),
                                "USER=root",
                                "LANG=C.UTF-8",
                                "TMPDIR=" + scratch().string(),
                                "NIX_CONF_DIR=" + (dir / "nix-conf").string(),
                                "PATH=" + bin().string() + ":/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  if (options.terminal) line.emplace_back("TERM=xterm");
  for (const auto& [name, value] : options.env) {
    line.push_back(name);
    line.back().append("=").append(value);
  }
  return line + argv;
}

CommandResult Pusher::run(const std::vector<std::string>& argv, const PusherOptions& options) const {
  return run_command(enter(argv, options), process_options(options), options.deadline);
}

std::string Pusher::output_of(const std::vector<std::string>& argv, const PusherOptions& options) const {
  return test::output_of(enter(argv, options), process_options(options), options.deadline);
}

std::unique_ptr<PusherProcess> Pusher::start(const std::vector<std::string>& argv,
                                             const PusherOptions& options) const {
  return std::make_unique<PusherProcess>(enter(argv, options), process_options(options));
}

std::unique_ptr<Link> Pusher::connect(const World& host, const std::string& name) {
  auto link = std::make_unique<Link>(world_, host, hosts_++);
  know(name, link->host_address());
  return link;
}

void Pusher::know(const std::string& name, const std::string& address, const std::string& ssh_lines) {
  const fs::path config = home() / ".ssh/config";
  write_text(config, "Host " + name + "\n  HostName " + address + "\n  " + ssh_lines + "\nHost *\n" +
                         read_text(config));
  const fs::path hosts = world_.directory() / "hosts";
  write_text(hosts, read_text(hosts) + address + " " + name + "\n");
}

}  // namespace switchback::test
