// SPDX-License-Identifier: MIT
#include "activator/core/kind.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace switchback {
namespace {

constexpr std::pair<ProgramVerb, std::string_view> kVerbs[] = {
    {ProgramVerb::test, "test"},           {ProgramVerb::boot, "boot"},
    {ProgramVerb::boot_back, "boot-back"}, {ProgramVerb::rehearse, "rehearse"},
    {ProgramVerb::activate, "activate"},   {ProgramVerb::reactivate, "reactivate"},
};

std::string stripped(const std::string& line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

bool is_allowed_line(const std::string& line) {
  constexpr std::array<std::string_view, 9> kShell{"set -euo pipefail",
                                                   "cd /tmp",
                                                   "else",
                                                   "fi",
                                                   "",
                                                   R"(if [[ "${DRY_ACTIVATE:-}" == "1" ]])",
                                                   R"(elif [[ "${BOOT:-}" == "1" ]])",
                                                   "then",
                                                   ":"};
  if (line.starts_with('#')) return true;
  if (std::find(kShell.begin(), kShell.end(), line) != kShell.end()) return true;
  for (const char* verb : {"switch", "boot", "dry-activate"}) {
    if (line == std::string("$PROFILE/bin/switch-to-configuration ") + verb) return true;
  }
  for (const char* condition :
       {R"(if [[ "${DRY_ACTIVATE:-}" == "1" ]])", R"(elif [[ "${BOOT:-}" == "1" ]])"}) {
    if (line == std::string(condition) + "; then" || line == std::string(condition) + " then") return true;
  }
  // For systemd-boot: https://github.com/serokell/deploy-rs/issues/31
  return line.starts_with("sed -i '/^default /d' ") && line.ends_with("/loader/loader.conf") &&
         line.find_first_of(";&|$`<>", 22) == std::string::npos;
}

tl::unexpected<Error> lacks(const StorePath& closure, const std::string& what) {
  return fail(Errc::invalid_closure, closure.text() + " " + what);
}

}  // namespace

Result<FoundKind> find_kind(const StorePath& closure, const ClosureContent& content,
                            std::optional<Kind> asked) {
  const bool stock_wrapper = content.script == "deploy-rs-activate" && content.has_switch_to_configuration &&
                             content.wrapped && is_stock_nixos_script(content.script_text);
  const bool plain_system = content.has_switch_to_configuration && content.script != "deploy-rs-activate" &&
                            content.script != "switchback-activate";
  const auto nixos = FoundKind{Kind::nixos, stock_wrapper ? *content.wrapped : closure};
  if (!asked) {
    if (stock_wrapper || plain_system) return nixos;
    if (!content.script.empty()) return FoundKind{Kind::script, closure};
    if (content.has_units) return FoundKind{Kind::units, closure};
    return lacks(closure,
                 "is of no kind that this host can run: it has neither bin/switch-to-configuration, nor "
                 "an activation script, nor lib/systemd/system with units");
  }
  switch (*asked) {
    case Kind::nixos:
      if (content.has_switch_to_configuration) return nixos;
      return lacks(closure, "is no NixOS system: it has no bin/switch-to-configuration");
    case Kind::script:
      if (!content.script.empty()) return FoundKind{Kind::script, closure};
      return lacks(closure,
                   "has no script: neither switchback-activate, nor deploy-rs-activate, nor activate");
    case Kind::units:
      if (content.has_units) return FoundKind{Kind::units, closure};
      return lacks(closure, "has no units: there is no lib/systemd/system in it");
  }
  return lacks(closure, "is of no known kind");
}

bool is_stock_nixos_script(const std::string& text) {
  std::istringstream lines(text);
  bool switches = false;
  for (std::string line; std::getline(lines, line);) {
    const auto statement = stripped(line);
    if (!is_allowed_line(statement)) return false;
    switches = switches || statement == "$PROFILE/bin/switch-to-configuration switch";
  }
  return switches;
}

std::string_view text(ProgramVerb verb) {
  for (const auto& [candidate, name] : kVerbs) {
    if (candidate == verb) return name;
  }
  return "?";
}

std::optional<ProgramVerb> parse_program_verb(std::string_view spelled) {
  for (const auto& [verb, name] : kVerbs) {
    if (name == spelled) return verb;
  }
  return std::nullopt;
}

ProgramVerdict judge_exit(Kind kind, ProgramVerb verb, int exit_status) {
  using Is = ProgramVerdict::Is;
  if (exit_status == 0) return {Is::done, ""};
  const auto status = "ended with exit status " + std::to_string(exit_status);
  if (kind != Kind::nixos) return {Is::failed, status};
  const bool back = verb == ProgramVerb::reactivate;
  if (exit_status == 4 && (back || verb == ProgramVerb::test)) {
    // It counts every failed unit of the host, whoever is to blame: the gate finds out who is.
    return {Is::doubtful, "says that some unit failed (exit status 4); the gate judges which"};
  }
  if (exit_status == 2) {
    // It has gone on regardless; a system that ran with this before can run with it again.
    return {back ? Is::doubtful : Is::failed, "says that the activation script failed (exit status 2)"};
  }
  if (exit_status == 100) {
    return {verb == ProgramVerb::test ? Is::needs_reboot : Is::failed,
            "says that only a reboot can bring this system up (exit status 100)"};
  }
  return {Is::failed, status};
}

}  // namespace switchback
