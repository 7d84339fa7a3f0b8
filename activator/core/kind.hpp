// SPDX-License-Identifier: MIT
// What a closure is activated by, found from what it holds, and what the exit status of its own program
// means. Pure: the content is read elsewhere (ports/closures.hpp).
#pragma once

#include "activator/protocol/error.hpp"
#include "activator/protocol/store_path.hpp"
#include "activator/protocol/vocabulary.hpp"

#include <optional>
#include <string>

namespace switchback {

struct ClosureContent {
  bool has_units = false;                    // lib/systemd/system
  bool has_switch_to_configuration = false;  // bin/switch-to-configuration
  std::string script{};                // the activation script's name at the closure's root; empty: none
  std::string script_text{};           // of deploy-rs-activate alone
  std::string system{};                // what NixOS says in `system`: x86_64-linux
  std::optional<StorePath> wrapped{};  // of a wrapper of deploy-rs's: the NixOS system inside
};

/// The names under which a closure's own script is looked for, in this order. Sources: ours; deploy-rs,
/// lib.activate.custom; home-manager.
inline constexpr const char* kScriptNames[] = {"switchback-activate", "deploy-rs-activate", "activate"};

struct FoundKind {
  Kind kind = Kind::units;
  StorePath closure;  // what the profile shall name: the plain system where a wrapper was given
};

/// `asked`: what the manifest says. Errors: invalid_closure, with what is missing.
[[nodiscard]] Result<FoundKind> find_kind(const StorePath& closure, const ClosureContent& content,
                                          std::optional<Kind> asked);

/// Whether deploy-rs-activate does nothing but switch a NixOS system, so that doing that instead loses
/// nothing. Source: deploy-rs, flake.nix, lib.activate.nixos.
[[nodiscard]] bool is_stock_nixos_script(const std::string& text);

/// How a program that a closure brings is asked to run.
enum class ProgramVerb {
  test,        // nixos: run it now, leave the next boot alone
  boot,        // nixos: make it the next boot's; script: BOOT=1
  boot_back,   // nixos: the same with the old one, on the way back
  rehearse,    // nixos: dry-activate; script: DRY_ACTIVATE=1
  activate,    // script
  reactivate,  // the old one, on the way back
};
[[nodiscard]] std::string_view text(ProgramVerb verb);
[[nodiscard]] std::optional<ProgramVerb> parse_program_verb(std::string_view text);

struct ProgramVerdict {
  enum class Is { done, doubtful, failed, needs_reboot };
  Is is = Is::done;
  std::string message;  // of all but the first: a sentence without the program's name
};
/// Source: nixpkgs, switch-to-configuration-ng: 2 activation script failed, 4 some unit failed, 100 reboot
/// needed.
[[nodiscard]] ProgramVerdict judge_exit(Kind kind, ProgramVerb verb, int exit_status);

}  // namespace switchback
