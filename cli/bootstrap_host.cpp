// SPDX-License-Identifier: MIT
#include "cli/bootstrap_host.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>

namespace switchback {
namespace {

constexpr int kOldestSystemd = 252;
/// What a closure has that is of kind `nixos` or `script`, whatever units it has besides.
constexpr std::array<const char*, 4> kOtherKinds{"bin/switch-to-configuration", "switchback-activate",
                                                 "deploy-rs-activate", "activate"};

/// Neither a quote nor a backslash: it stands in single quotes for whatever shell the user has.
constexpr const char* kQuestions =
    "echo machine=$(uname -m);"
    " test -d /run/systemd/system && echo systemd=$(systemctl --version | head -n 1);"
    " command -v nix-store >/dev/null && echo nix=yes;"
    " if test $(id -u) = 0; then echo root=login; elif @root@ true 2>/dev/null; then echo root=sudo; fi;"
    " echo installed=$(command -v switchback-activator);"
    " echo bootstrapped=$(readlink /nix/var/nix/gcroots/switchback-activator);"
    " test -e /etc/NIXOS && echo nixos=yes;"
    " command -v dpkg >/dev/null && echo debian=yes;"
    " case $(readlink -f /etc/systemd/system-generators) in /nix/store/*) ;; *) echo generators=yes ;; esac;"
    " if mountpoint -q /nix || mountpoint -q /nix/store; then echo nixmount=yes; fi;";

int systemd_version(const std::string& text) {
  constexpr std::string_view kBefore = "systemd ";
  int out = 0;
  if (text.starts_with(kBefore))
    std::from_chars(text.data() + kBefore.size(), text.data() + text.size(), out);
  return out;
}

tl::unexpected<Error> refused(std::string message) { return fail(Errc::refused, std::move(message)); }

/// Errors: refused where a boot would not start the units.
Status check_generator(const BootstrapHost& host, const ActivatorClosure& activator,
                       const std::string& name) {
  const std::string why = "a closure of kind units needs switchback-generator at the next boot, too, ";
  const std::string instead = ". Install the activator on " + name + " first";
  if (!host.generators) {
    return refused(why + "but /etc/systemd/system-generators of " + name + " is made by NixOS" + instead +
                   ": services.switchback-activator.enable of Switchback's NixOS module");
  }
  if (activator.generator_loader.empty()) return {};
  if (!activator.generator_loader.starts_with("/nix/store/")) {
    return refused(why + "but the one that would be copied is not linked statically, and " + name +
                   " may not have its libraries" + instead);
  }
  if (host.nix_mounted) {
    return refused(why + "but the one that would be copied has its libraries in /nix, which " + name +
                   " mounts only after systemd has run it" + instead);
  }
  return {};
}

}  // namespace

bool is_plain(const Words& words) {
  return std::all_of(words.begin(), words.end(), [](const std::string& word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("-_./=").find(c) != std::string_view::npos;
    });
  });
}

std::string host_questions(const std::vector<StorePath>& closures, const Words& escalation) {
  constexpr std::string_view kRoot = "@root@";
  std::string script = kQuestions;
  std::string by;
  for (const auto& word : escalation) by += (by.empty() ? "" : " ") + word;
  script.replace(script.find(kRoot), kRoot.size(), by);
  for (const auto& closure : closures) {
    script += " if test -d " + closure.text() + "/lib/systemd/system";
    for (const auto* file : kOtherKinds) script += " && ! test -e " + closure.text() + "/" + file;
    script += "; then echo units=" + closure.text() + "; fi;";
  }
  return "'" + script + " true'";
}

BootstrapHost parse_host_answers(const std::string& text) {
  std::map<std::string, std::string> said;
  BootstrapHost host;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;  // a greeting of the user's shell
    const auto key = line.substr(0, equals);
    if (key == "units") host.units.push_back(line.substr(equals + 1));
    said[key] = line.substr(equals + 1);
  }
  host.machine = said["machine"];
  host.systemd = systemd_version(said["systemd"]);
  host.nix = said["nix"] == "yes";
  host.root = said["root"] == "login"  ? RootBy::login
              : said["root"] == "sudo" ? RootBy::sudo
                                       : RootBy::nothing;
  host.installed = said["installed"];
  host.bootstrapped = said["bootstrapped"];
  host.nixos = said["nixos"] == "yes";
  host.debian = said["debian"] == "yes";
  host.generators = said["generators"] == "yes";
  host.nix_mounted = said["nixmount"] == "yes";
  return host;
}

Status check_bootstrap(const BootstrapHost& host, const ActivatorClosure& activator, bool units,
                       const std::string& name) {
  if (host.machine.empty())
    return refused("what " + name + " is cannot be found out: uname does not answer there");
  if (host.machine != activator.machine) {
    return refused(name + " is of the architecture " + printable(host.machine) +
                   ", the activator here is for " + activator.machine + ". Name one that was built for " +
                   printable(host.machine) + " by --activator, or install the package there");
  }
  if (host.systemd == 0)
    return refused(name + " was not booted with systemd: there is nothing to bring an activator to");
  if (host.systemd < kOldestSystemd) {
    return refused(name + " has systemd " + std::to_string(host.systemd) + "; Switchback needs " +
                   std::to_string(kOldestSystemd) + " or newer");
  }
  if (!host.nix) {
    return refused("there is no nix-store in the user's PATH on " + name +
                   ", and it is what receives closures: install nix there first");
  }
  if (host.root == RootBy::nothing) {
    return fail(Errc::not_permitted,
                "to bring an activator takes root on " + name +
                    ": log in as root, or as a user who may use sudo without a password");
  }
  return units ? check_generator(host, activator, name) : Status{};
}

std::string how_permanent(const BootstrapHost& host, const std::string& name) {
  const auto sudo = std::string(host.root == RootBy::sudo ? "sudo " : "");
  std::string out =
      "the activator on " + name +
      " was brought by --bootstrap: it is there after a reboot, too, but nobody updates it. To install it "
      "for good, ";
  if (host.nixos) {
    out +=
        "add Switchback's NixOS module (nixosModules.default of its flake) to the system that you deploy, "
        "with\n"
        "    services.switchback-activator.enable = true;\n";
  } else if (host.debian) {
    out +=
        "install its package there, which takes its place:\n"
        "    " +
        sudo + "apt install ./switchback-activator_*.deb\n";
  } else {
    out += "install the package switchback-activator there; ";
  }
  return out + "To take it away again:\n    " + sudo + kBootstrappedRoot +
         "/lib/switchback/switchback-bootstrap remove";
}

bool is_of_units(const StorePath& closure) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (const auto* file : kOtherKinds) {
    if (fs::exists(closure.text() + "/" + file, ignored)) return false;
  }
  return fs::is_directory(closure.text() + "/lib/systemd/system", ignored);
}

}  // namespace switchback
