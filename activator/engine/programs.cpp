// SPDX-License-Identifier: MIT
#include "activator/engine/programs.hpp"

namespace switchback {
namespace {

std::string_view action_of(ProgramVerb verb) {
  switch (verb) {
    case ProgramVerb::boot:
    case ProgramVerb::boot_back:
      return "boot";
    case ProgramVerb::rehearse:
      return "dry-activate";
    default:
      return "test";
  }
}

ProgramRun switch_to_configuration(ProgramVerb verb, const StorePath& closure) {
  ProgramRun run;
  run.argv = {closure.text() + "/bin/switch-to-configuration", std::string(action_of(verb))};
  run.directory = "/";
  run.description = "switch-to-configuration " + std::string(action_of(verb)) + " of " + closure.name();
  return run;
}

ProgramRun script(const PreparedChange& change, ProgramVerb verb, const StorePath& closure,
                  const std::string& name) {
  const bool dry = verb == ProgramVerb::rehearse;
  // Nothing leads to a closure that is only rehearsed.
  const auto& from = dry ? closure.text() : change.link.path;
  ProgramRun run;
  run.argv = {from + "/" + name};
  run.directory = from;
  run.user = change.link.user;
  run.environment["PROFILE"] = from;
  run.description = name + " of " + closure.name();
  if (verb == ProgramVerb::reactivate) return run;
  run.environment["DRY_ACTIVATE"] = dry ? "1" : "0";
  run.environment["BOOT"] = verb == ProgramVerb::boot ? "1" : "0";
  if (dry) run.environment["DRY_RUN"] = "1";  // what home-manager calls it
  return run;
}

}  // namespace

Result<ProgramRun> program_for(const PreparedChange& change, ProgramVerb verb, const StorePath& closure,
                               const ClosureContent& content) {
  if (change.kind == Kind::nixos) {
    if (content.has_switch_to_configuration) return switch_to_configuration(verb, closure);
    return fail(Errc::invalid_closure, closure.text() + " has no bin/switch-to-configuration");
  }
  // A plain system from before the profile had scripts: its `activate` alone would not switch it.
  const bool plain_system = content.has_switch_to_configuration && content.script == "activate";
  if (verb == ProgramVerb::reactivate && plain_system) {
    auto run = switch_to_configuration(verb, closure);
    run.argv.back() = "switch";
    return run;
  }
  if (!content.script.empty()) return script(change, verb, closure, content.script);
  return fail(Errc::invalid_closure, closure.text() + " has no activation script");
}

}  // namespace switchback
