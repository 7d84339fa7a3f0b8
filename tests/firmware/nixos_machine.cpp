// SPDX-License-Identifier: MIT
#include "tests/firmware/nixos_machine.hpp"

#include "tests/support/catch.hpp"

namespace switchback::test {
namespace {

/// By what the boot loader told the kernel.
constexpr const char* kStarted =
    "echo started: $(sed -n 's|.* init=\\([^ ]*\\)/init .*|\\1|p' /proc/cmdline)";

}  // namespace

NixosMachine::NixosMachine(Loader loader) : loader_(std::move(loader)), machine_("target", loader_.firmware) {
  machine_.boot();
  become(build("one", healthy()));
}

NixosClosure NixosMachine::closure(const std::string& name) const {
  NixosClosure system(name);
  system.boots(kMachineKernel, kernel_params());
  if (loader_.firmware == Firmware::bios) system.by_grub();
  return system;
}

std::string NixosMachine::build(const std::string& name, const std::string& script) {
  return closure(name)
      .program("bin/web", script)
      .wanted("web.service",
              "[Unit]\nDescription=The web service of " + name + "\n[Service]\nExecStart=@out@/bin/web\n")
      .build(machine_.pusher());
}

std::string NixosMachine::note(const std::string& file) const {
  return std::string("{\n") + kStarted + "\necho default: $(" + loader_.default_system + ")\n} >" + file +
         "; sync " + file + "\n";
}

/// Without a boot into it, which takes a while: its links and its units are as if it had been booted.
void NixosMachine::become(const std::string& system) {
  PusherOptions options;
  options.deadline = std::chrono::minutes(2);
  machine_.pusher().output_of({"nix", "copy", "--no-check-sigs", "--to", "ssh://root@target", system},
                              options);
  machine_.output_of("set -e\ntouch /etc/NIXOS\nnix-env --profile /nix/var/nix/profiles/system --set " +
                     system + "\n" + system + "/bin/switch-to-configuration boot\n" + system +
                     "/activate\nln -s " + system +
                     " /run/booted-system\nsystemctl daemon-reload\nsystemctl start web.service");
}

CommandResult NixosMachine::deploy(const std::string& system) {
  const std::vector<std::string> argv{
      "switchback",        "deploy", "--host", "root@target", "--path", system,
      "--profile",         "system", "--soak", "1",           "--boot", "--reboot",
      "--confirm-timeout", "60"};
  PusherOptions options;
  options.deadline = std::chrono::minutes(7);
  return machine_.pusher().run(argv, options);
}

void NixosMachine::check_rest(const std::string& system) const {
  // Whoever deploys is told the outcome a moment before the record goes, of which nothing tells a shell.
  const auto told = output_of(
      "timeout 60 sh -c 'while [ -e /var/lib/switchback/running.json ]; do sleep 0.2; done' || echo still\n" +
      std::string(kStarted) +
      "\necho booted: $(readlink /run/booted-system)\n"
      "echo runs: $(readlink /run/current-system), its service is $(systemctl is-active web.service)\n"
      "echo profile: $(readlink -f /nix/var/nix/profiles/system)\n"
      "echo default: $(" +
      loader_.default_system +
      ")\n"
      "echo next: $(" +
      loader_.next +
      ")\n"
      "echo failed: $(systemctl --failed --plain --no-legend)\n"
      "echo left: $(ls -A /nix/var/nix/gcroots/switchback /run/switchback/trial 2>/dev/null | grep -v :$)");
  CHECK(told == "started: " + system + "\nbooted: " + system + "\nruns: " + system +
                    ", its service is active\nprofile: " + system + "\ndefault: " + system +
                    "\nnext:\nfailed:\nleft:");
}

std::string healthy() { return "exec sleep infinity"; }

}  // namespace switchback::test
