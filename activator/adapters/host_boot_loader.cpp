// SPDX-License-Identifier: MIT
#include "activator/adapters/host_boot_loader.hpp"

#include "activator/adapters/boot_entries.hpp"
#include "activator/adapters/durable_file.hpp"

#include <unistd.h>

#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kMaxVariable = 4096;
constexpr std::size_t kMaxConfig = std::size_t{4} * 1024 * 1024;

Error unsupported() {
  return {Errc::refused,
          "this host is started by no boot loader that can be told what its next boot alone shall be: "
          "supported are systemd-boot (with bootctl), GRUB (with grub-reboot and an environment block), and "
          "any other by a program of the host's, /etc/switchback/boot-once (switchback-activator(8))"};
}

Error has_no_entry(const StorePath& system) {
  return {Errc::refused, "the boot loader has no entry that starts " + system.text() +
                             ": look at what «switch-to-configuration boot» said in the journal"};
}

/// The letters of ASCII among those of an EFI variable, UTF-16 after four bytes of attributes.
std::string ascii_of(const std::string& variable) {
  std::string text;
  for (std::size_t i = 4; i + 1 < variable.size() && variable[i] != '\0'; i += 2) text += variable[i];
  return text;
}

}  // namespace

bool HostBootLoader::has_systemd_boot() const {
  const auto info = read_file(places_.loader_info, kMaxVariable);
  return info && *info && ascii_of(**info).starts_with("systemd-boot") && !find({"bootctl"}).empty();
}

std::string HostBootLoader::grub_directory() const {
  for (const auto& directory : places_.grub) {
    const auto config = read_file(directory + "/grub.cfg", kMaxConfig);
    const bool takes_next = config && *config && (*config)->find("next_entry") != std::string::npos;
    const bool can_tell = !find({"grub-reboot", "grub2-reboot"}).empty() &&
                          ::access((directory + "/grubenv").c_str(), W_OK) == 0;
    if (takes_next && can_tell) return directory;
  }
  return "";
}

HostBootLoader::Way HostBootLoader::way() const {
  if (::access(places_.hook.c_str(), X_OK) == 0) return Way::hook;
  if (has_systemd_boot()) return Way::systemd_boot;
  if (!grub_directory().empty()) return Way::grub;
  return Way::none;
}

std::string HostBootLoader::find(const std::vector<std::string>& names) const {
  for (const auto& name : names) {
    if (const auto found = find_program(name, places_.programs)) return *found;
  }
  return "";
}

void HostBootLoader::check(Callback<void> done) {
  switch (way()) {
    case Way::hook:
      return run_alone({places_.hook, "check"}, std::move(done));
    case Way::systemd_boot:
      return run_alone({find({"bootctl"}), "list", "--json=short"}, std::move(done));
    case Way::grub:
      return answer({}, done);
    case Way::none:
      return answer(tl::make_unexpected(unsupported()), done);
  }
}

void HostBootLoader::boot_once(const StorePath& system, Callback<void> done) {
  switch (way()) {
    case Way::hook:
      return run_alone({places_.hook, "set", system.text()}, std::move(done));
    case Way::systemd_boot:
      return run({find({"bootctl"}), "list", "--json=short"},
                 [this, system, done = std::move(done)](const Result<std::string>& listed) {
                   if (!listed) return done(tl::make_unexpected(listed.error()));
                   const auto entry = find_systemd_boot_entry(*listed, system);
                   if (!entry) return done(tl::make_unexpected(has_no_entry(system)));
                   run_alone({find({"bootctl"}), "set-oneshot", *entry}, done);
                 });
    case Way::grub:
      return boot_once_by_grub(system, std::move(done));
    case Way::none:
      return answer(tl::make_unexpected(unsupported()), done);
  }
}

void HostBootLoader::boot_once_by_grub(const StorePath& system, Callback<void> done) {
  const auto directory = grub_directory();
  const auto config = read_file(directory + "/grub.cfg", kMaxConfig);
  if (!config) return answer(tl::make_unexpected(config.error()), done);
  const auto entry = find_grub_entry(config->value_or(""), system);
  if (!entry) return answer(tl::make_unexpected(has_no_entry(system)), done);
  // It appends grub, or grub2, itself.
  run_alone({find({"grub-reboot", "grub2-reboot"}), "--boot-directory=" + directory_of(directory), *entry},
            std::move(done));
}

void HostBootLoader::forget_boot_once(Callback<void> done) {
  switch (way()) {
    case Way::hook:
      return run_alone({places_.hook, "clear"}, std::move(done));
    case Way::systemd_boot:
      return run_alone({find({"bootctl"}), "set-oneshot", ""}, std::move(done));
    case Way::grub:
      return run_alone(
          {find({"grub-editenv", "grub2-editenv"}), grub_directory() + "/grubenv", "unset", "next_entry"},
          std::move(done));
    case Way::none:
      return answer(tl::make_unexpected(unsupported()), done);
  }
}

void HostBootLoader::reboot(Callback<void> done) {
  run_alone({find({"systemctl"}), "--no-block", "reboot"}, std::move(done));
}

void HostBootLoader::run_alone(std::vector<std::string> argv, Callback<void> done) {
  run(std::move(argv), [done = std::move(done)](const Result<std::string>& said) {
    done(said ? Status() : tl::make_unexpected(said.error()));
  });
}

void HostBootLoader::run(std::vector<std::string> argv, Callback<std::string> done) {
  const auto slot = running_.emplace(running_.end());
  const auto name = argv.front();
  auto started = ChildProcess::start(loop_, {std::move(argv), {{"LC_ALL", "C"}}, places_.within},
                                     [this, slot, name, done](const ChildResult& result) {
                                       const auto ended = std::move(*slot);
                                       running_.erase(slot);
                                       if (result.succeeded()) return done(result.out);
                                       done(fail(Errc::io, name + ": " + result.describe()));
                                     });
  if (started) {
    *slot = std::move(*started);
    return;
  }
  running_.erase(slot);
  loop_.post([done, error = started.error()] { done(tl::make_unexpected(error)); });
}

}  // namespace switchback
