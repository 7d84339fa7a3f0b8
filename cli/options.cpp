// SPDX-License-Identifier: MIT
#include "cli/options.hpp"

#include "cli/options_check.hpp"
#include "cli/options_deploy.hpp"
#include "cli/options_how.hpp"
#include "cli/options_slips.hpp"
#include "cli/options_values.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>

namespace switchback {
namespace {

constexpr std::int64_t kHistoryKept = 100;  // of what a host keeps

enum class Takes { targets, target, target_and_id, files };

struct Verb {
  const char* name;
  Takes takes;
  const char* help;
};

constexpr std::array<Verb, 10> kVerbs{{
    {"deploy", Takes::targets, "Build, copy, activate, watch, confirm"},
    {"status", Takes::targets, "What runs, what is pending, what failed"},
    {"history", Takes::target_and_id, "What was activated, and how it ended"},
    {"watch", Takes::target_and_id, "Join a running activation"},
    {"confirm", Takes::target_and_id, "Confirm a running activation"},
    {"cancel", Takes::target_and_id, "Cancel a running activation: it is reverted"},
    {"rollback", Takes::target, "Go back to an earlier generation"},
    {"remove", Takes::target, "Stop a profile's units and unregister it"},
    {"check", Takes::targets, "Is all there for a deployment? Changes nothing"},
    {"import", Takes::files, "A manifest from another tool's network"},
}};

constexpr const char* kFooter =
    "TARGET is FLAKE[#NODE[.PROFILE]], by default «.»; --host or --local replace it.\n"
    "Exit status: 0 done, 1 failed before anything changed, 2 usage, 3 reverted,\n"
    "4 needs a person, 5 unreachable, 6 busy, 7 outcome unknown, 8 kept unhealthy.";

void add_words(CLI::App& verb, Takes takes, Typed& typed) {
  if (takes == Takes::targets) {
    verb.add_option("TARGET", typed.words, "Nodes of a manifest (.)")->type_name("");
    verb.add_option("--targets", typed.common.targets, "More of them")->type_name("TARGET");
    return;
  }
  verb.add_option_function<std::string>(
          "TARGET", [&typed](const std::string& word) { typed.words = {word}; }, "A node of a manifest (.)")
      ->type_name("");
  if (takes == Takes::target) return;
  verb.add_option("ID", typed.id, "Which activation: its first digits will do")->type_name("");
}

void add_common(CLI::App& verb, Typed& typed) {
  auto& common = typed.common;
  auto& over = common.overrides;
  const auto group = [](CLI::Option* option) { option->group("Where to"); };
  group(verb.add_option("--host", common.destination, "Instead of a TARGET: where to, as ssh takes it")
            ->type_name("[USER@]HOST"));
  group(verb.add_flag("--local", common.local, "Instead of a TARGET: this host, without ssh"));
  group(add_text(verb, "-f,--file", common.file, "FILE", "The manifest, where it is no flake"));
  group(add_text(verb, "--hostname", over.hostname, "HOST", "Where the TARGET's node is"));
  group(add_text(verb, "--ssh-user", over.ssh_user, "USER", "Who logs in"));
  group(add_list(verb, "--ssh-opt", common.ssh_options, "WORD", "One word for ssh; may be repeated"));
  group(add_text(verb, "--ssh-opts", typed.ssh_words, "WORDS", "Words for ssh, as in NIX_SSHOPTS"));
  verb.add_flag("--json", common.json, "One JSON document a line on stdout");
  // Not into the variable itself: newer CLI11 would write the zeros of the verbs that were not given, too.
  verb.add_flag_function(
      "-v,--verbose", [&typed](std::int64_t count) { typed.more = static_cast<int>(count); }, "Say more");
  verb.add_flag("-q,--quiet", typed.quiet, "Say only what went wrong, and the result");
}

void add_one_profile(CLI::App& verb, Typed& typed) {
  verb.add_option("--profile", typed.profile, "Which one, if the TARGET names none")->type_name("NAME");
}

void add_import(CLI::App& verb, Typed& typed) {
  verb.add_option("FILE", typed.words,
                  "A colmena hive, or a NixOps or morph network\n(of NixOps several files, too)")
      ->type_name("");
  add_text(verb, "-o,--output", typed.output, "FILE", "Where to: a name that ends in .json (stdout)");
}

void build(CLI::App& app, Typed& typed) {
  app.set_version_flag("--version", "switchback " SWITCHBACK_VERSION);
  app.require_subcommand(0, 1);
  // As everywhere; the verbs inherit it.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.get_formatter()->column_width(34);
  app.footer(kFooter);
  for (const auto& [name, takes, help] : kVerbs) {
    auto& verb = *app.add_subcommand(name, help);
    if (takes == Takes::files) {
      add_import(verb, typed);
      continue;
    }
    add_words(verb, takes, typed);
    add_common(verb, typed);
  }
  add_deploy(*app.get_subcommand("deploy"), typed);
  add_count(
      *app.get_subcommand("history"), "--limit",
      [&typed](std::int64_t value) { typed.limit = static_cast<int>(value); }, kHistoryKept,
      "How many are listed (10)");
  add_text(*app.get_subcommand("history"), "--plot", typed.plot, "FILE",
           "A picture of one, as SVG, into FILE (- for\nstdout); without an ID of the last");
  auto& rollback = *app.get_subcommand("rollback");
  add_one_profile(rollback, typed);
  add_profile_place(rollback, typed);
  add_count(
      rollback, "--to",
      [&typed](std::int64_t value) { typed.generation = static_cast<std::uint64_t>(value); },
      std::numeric_limits<std::int64_t>::max(), "Which one; else what ran before")
      ->type_name("GENERATION");
  add_how(rollback, typed);
  add_boot(rollback, typed);
  auto& remove = *app.get_subcommand("remove");
  add_one_profile(remove, typed);
  add_how(remove, typed);
}

/// What CLI11 is not to see: words for nix, and a --wait without a value.
std::vector<std::string> prepared(const std::vector<std::string>& arguments, Typed& typed) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (end != arguments.end()) typed.common.nix_arguments.assign(end + 1, arguments.end());
  std::vector<std::string> words(arguments.begin(), end);
  std::replace(words.begin(), words.end(), std::string("--wait"), std::string("--wait=3600"));
  return words;
}

Result<Options> parsed(CLI::App& app, Typed& typed, const std::vector<std::string>& arguments) {
  auto words = prepared(arguments, typed);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::ExtrasError&) {
    return tl::make_unexpected(unknown_word(app));
  } catch (const CLI::Success& asked) {
    std::ostringstream out;
    std::ostringstream ignored;
    app.exit(asked, out, ignored);
    return Printed{out.str()};
  } catch (const CLI::ParseError& error) {
    if (!app.remaining(true).empty()) return tl::make_unexpected(unknown_word(app));
    return fail(Errc::invalid_request, error.what());
  }
  const auto verbs = app.get_subcommands();
  if (verbs.empty()) return fail(Errc::invalid_request, "no verb given; switchback --help lists them");
  return checked_options(verbs.front()->get_name(), typed);
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Typed typed;
  CLI::App app("Deploys Nix closures to systemd hosts: proven and confirmed, or not at all.", "switchback");
  build(app, typed);
  return parsed(app, typed, arguments);
}

std::vector<VerbWords> command_words() {
  Typed typed;
  CLI::App app("", "switchback");
  build(app, typed);
  std::vector<VerbWords> out;
  for (const auto* verb : app.get_subcommands({})) {
    VerbWords words{verb->get_name(), {}};
    for (const auto* option : verb->get_options({})) {
      for (const auto& name : option->get_lnames()) words.options.push_back("--" + name);
      for (const auto& name : option->get_snames()) words.options.push_back("-" + name);
    }
    out.push_back(std::move(words));
  }
  return out;
}

}  // namespace switchback
