// SPDX-License-Identifier: MIT
#include "activator/adapters/file_closures.hpp"

#include "activator/adapters/durable_file.hpp"
#include "activator/adapters/elf_machine.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

namespace switchback {
namespace {

constexpr std::size_t kMaxScriptBytes = std::size_t{256} * 1024;

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::string first_line(const std::string& path) {
  const auto text = read_file(path, kMaxScriptBytes);
  if (!text || !text->has_value()) return "";
  return (*text)->substr(0, (*text)->find('\n'));
}

/// deploy-rs's wrapper is made of links into the system that it wraps.
std::optional<StorePath> wrapped_in(const StorePath& closure) {
  constexpr std::string_view kStore = "/nix/store/";
  for (const char* entry : {"/init-interface-version", "/activate", "/bin"}) {
    const auto target = read_link(closure.text() + entry);
    if (!target || !target->has_value() || !(*target)->starts_with(kStore)) continue;
    auto inside = StorePath::parse((*target)->substr(0, (*target)->find('/', kStore.size())));
    if (inside && *inside != closure && is_program(inside->text() + "/bin/switch-to-configuration"))
      return std::move(*inside);
  }
  return std::nullopt;
}

}  // namespace

Result<ClosureContent> FileClosures::inspect(const StorePath& closure) {
  const auto& root = closure.text();
  ClosureContent content;
  content.has_units = is_directory(root + "/lib/systemd/system");
  content.has_switch_to_configuration = is_program(root + "/bin/switch-to-configuration");
  for (const char* name : kScriptNames) {
    if (!content.script.empty() || !is_program(root + "/" + name)) continue;
    content.script = name;
  }
  content.system = first_line(root + "/system");
  if (content.script != "deploy-rs-activate") return content;
  auto text = read_file(root + "/deploy-rs-activate", kMaxScriptBytes);
  if (!text) return tl::make_unexpected(text.error());
  content.script_text = text->value_or("");
  if (content.has_switch_to_configuration) content.wrapped = wrapped_in(closure);
  return content;
}

Status FileClosures::check_architecture(const StorePath& closure, const std::vector<std::string>& programs) {
  const auto here = read_elf_machine(self_);
  if (!here) return {};
  const auto says = machine_of_system(first_line(closure.text() + "/system"));
  if (says && !runs_on(*here, *says)) {
    return fail(Errc::invalid_closure, closure.text() + " is a system for " + machine_name(*says) +
                                           ", but this host is " + machine_name(*here));
  }
  for (const auto& program : programs) {
    const auto machine = machine_needed_by(program);
    if (!machine || runs_on(*here, *machine)) continue;
    return fail(Errc::invalid_closure, program + " is built for " + machine_name(*machine) +
                                           ", but this host is " + machine_name(*here) +
                                           ": build the closure for this host's system");
  }
  return {};
}

}  // namespace switchback
