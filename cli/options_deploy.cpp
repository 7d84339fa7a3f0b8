// SPDX-License-Identifier: MIT
#include "cli/options_deploy.hpp"

#include "cli/options_how.hpp"
#include "cli/options_values.hpp"

namespace switchback {
namespace {

void add_building(CLI::App& verb, Overrides& over) {
  const auto group = [](CLI::Option* option) { option->group("What is built, checked and copied"); };
  group(add_switch(verb, "--checks", over.checks, true, "Run the flake's checks first"));
  group(add_switch(verb, "-s,--skip-checks", over.checks, false, "Do not run them"));
  group(add_switch(verb, "-i,--interactive", over.interactive, true, "Show what is deployed, and ask"));
  group(add_switch(verb, "-k,--keep-result", over.keep_result, true, "Keep links to what was built"));
  group(add_text(verb, "-r,--result-path", over.result_path, "DIRECTORY", "Where to (./.deploy-gc)"));
  group(add_switch(verb, "--remote-build", over.remote_build, true, "Build on the host"));
  group(add_bool(verb, "--fast-connection", over.fast_connection, "true: the host downloads nothing itself"));
  group(add_switch(verb, "-c,--checksigs", over.check_signatures, true, "The host checks signatures"));
  group(add_bool(verb, "--rollback-succeeded", over.rollback_succeeded,
                 "Roll back nodes done before one failed\n(true)"));
}

void add_idle(CLI::App& verb, Overrides& over) {
  const auto group = [](CLI::Option* option) { option->group("Of deploy-rs, without effect"); };
  group(add_text(verb, "--temp-path", over.temp_path, "PATH", "Nothing lies in a temporary directory"));
  group(add_bool(verb, "--interactive-sudo", over.interactive_sudo, "The activator is root already"));
  group(add_text(verb, "--log-dir", over.log_directory, "PATH", "The host's journal has the log"));
}

}  // namespace

void add_deploy(CLI::App& verb, Typed& typed) {
  auto& over = typed.common.overrides;
  verb.add_option("--path", typed.path, "With --host or --local: what to run, a\nstore path or a link to one")
      ->type_name("STOREPATH");
  verb.add_option("--profile", typed.profile, "With --path: which one (system)")->type_name("NAME");
  add_profile_place(verb, typed);
  add_word(verb, "--kind", over.kind, "KIND", "units, nixos or script, if not what it\nlooks like");
  add_how(verb, typed);
  add_boot(verb, typed);
  verb.add_flag("--no-retry-rejected", typed.no_retry_rejected, "Not if the host reverted it the last time")
      ->group("What is done");
  verb.add_flag("--bootstrap", typed.bootstrap, "Bring an activator to a host that has none")
      ->group("What is done");
  add_text(verb, "--activator", typed.activator, "PATH",
           "With --bootstrap: a store path, or where the\npackage is unpacked (beside this command)")
      ->group("What is done");
  add_building(verb, over);
  add_text(verb, "--sudo", over.sudo, "COMMAND", "How a user becomes root there (sudo -n -u)")
      ->group("Where to");
  add_switch(verb, "-d,--debug-logs", over.debug_logs, true, "As -v");
  add_idle(verb, over);
}

std::vector<std::string> idle_flags(const Overrides& overrides) {
  std::vector<std::string> out;
  if (overrides.temp_path)
    out.emplace_back("--temp-path has no effect: nothing lies in a temporary directory");
  if (overrides.interactive_sudo.value_or(false)) {
    out.emplace_back("--interactive-sudo has no effect: the activator is root already");
  }
  if (overrides.log_directory) out.emplace_back("--log-dir has no effect: the host's journal has the log");
  if (overrides.checks == false) {
    out.emplace_back("--skip-checks is not needed: the flake's checks are run with --checks only");
  }
  return out;
}

}  // namespace switchback
