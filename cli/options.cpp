// SPDX-License-Identifier: MIT
#include "cli/options.hpp"

#include "activator/protocol/json_reader.hpp"
#include "cli/closure.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <set>
#include <sstream>

namespace switchback {
namespace {

using std::chrono::milliseconds;

/// What was typed, before it is known to make sense.
struct Typed {
  CommonOptions common;
  std::string ssh_words;
  int more = 0;
  bool quiet = false;
  std::string path;
  std::string profile = "system";
  std::string confirm = "auto";
  std::optional<milliseconds> confirm_timeout;
  milliseconds activation_timeout{kActivationTimeout};
  GatePolicy gate;
  bool force = false;
  std::string note;
  std::string id;
};

std::string wrong(const std::string& option, const std::string& text, const std::string& wanted) {
  return option + ": «" + printable(text) + "» is not " + wanted;
}

milliseconds parse_seconds(const std::string& option, const std::string& text) {
  // Digits alone: what strtod also takes (inf, nan, 0x10, 1e9) is a slip more often than a wish.
  const bool digits = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  char* end = nullptr;
  const double value = digits ? std::strtod(text.c_str(), &end) : -1;
  const bool whole = digits && *end == '\0' && std::isfinite(value);
  const double longest = static_cast<double>(kLongestDuration.count());
  if (!whole || value > longest) {
    throw CLI::ValidationError(
        wrong(option, text, "a number of seconds from 0 to " + std::to_string(kLongestDuration.count())));
  }
  return milliseconds(std::llround(value * 1000));
}

void add_seconds(CLI::App& verb, const std::string& option, std::function<void(milliseconds)> set,
                 const std::string& help) {
  verb.add_option_function<std::string>(
          option,
          [option, set = std::move(set)](const std::string& text) { set(parse_seconds(option, text)); }, help)
      ->type_name("SECONDS");
}

void add_globs(CLI::App& verb, const std::string& option, std::vector<std::string>& into,
               const std::string& help) {
  verb.add_option(option, into, help)->type_name("GLOB")->take_all()->allow_extra_args(false);
}

void add_common(CLI::App& verb, Typed& typed) {
  verb.add_option("--host", typed.common.destination, "Where to, as ssh takes it")
      ->type_name("[USER@]HOST")
      ->required();
  verb.add_option("--ssh-opt", typed.common.ssh_options, "One word for ssh; may be repeated")
      ->type_name("WORD")
      ->take_all()
      ->allow_extra_args(false);
  verb.add_option("--ssh-opts", typed.ssh_words, "Words for ssh, as in NIX_SSHOPTS")->type_name("WORDS");
  verb.add_flag("--json", typed.common.json, "One JSON document a line on stdout");
  verb.add_flag("-v,--verbose", typed.more, "Say more");
  verb.add_flag("-q,--quiet", typed.quiet, "Say only what went wrong, and the result");
}

void add_deploy(CLI::App& verb, Typed& typed) {
  verb.add_option("--path", typed.path, "What to run: a store path or a link to one")
      ->type_name("STOREPATH")
      ->required();
  verb.add_option("--profile", typed.profile, "Default: system")->type_name("NAME");
  auto& gate = typed.gate;
  add_seconds(
      verb, "--soak", [&gate](milliseconds value) { gate.soak = value; },
      "How long all must stay healthy (10)");
  add_seconds(
      verb, "--gate-deadline", [&gate](milliseconds value) { gate.deadline = value; },
      "By when it must have (300)");
  add_globs(verb, "--critical", gate.critical, "Units that must be healthy, touched or not");
  add_globs(verb, "--ignore", gate.ignore, "Units that are not judged");
  add_globs(verb, "--expect-failed", gate.expect_failed, "Units that may fail");
  verb.add_option_function<std::string>(
          "--flap-limit",
          [&gate](const std::string& text) {
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), gate.flap_limit);
            if (error != std::errc{} || end != text.data() + text.size() || gate.flap_limit < 1) {
              throw CLI::ValidationError(wrong("--flap-limit", text, "a whole number from 1"));
            }
          },
          "Restarts that make a unit unhealthy (2)")
      ->type_name("COUNT");
  verb.add_flag("--strict", gate.strict, "Any unit that newly fails counts");
  verb.add_option("--confirm", typed.confirm, "auto, manual or none (auto)")->type_name("HOW");
  add_seconds(
      verb, "--confirm-timeout", [&typed](milliseconds value) { typed.confirm_timeout = value; },
      "By when it must be (30; manual: 600)");
  add_seconds(
      verb, "--activation-timeout", [&typed](milliseconds value) { typed.activation_timeout = value; },
      "For the switch (240)");
  verb.add_flag("--force", typed.force, "Also when the host runs something else than\nits profile says");
  verb.add_option("--note", typed.note, "Shown to others while this holds the host")->type_name("TEXT");
}

Result<CommonOptions> checked_common(const Typed& typed) {
  auto common = typed.common;
  if (auto good = check_destination(common.destination); !good) {
    return tl::make_unexpected(with_context(good.error(), "--host"));
  }
  for (auto& word : split_words(typed.ssh_words)) common.ssh_options.push_back(std::move(word));
  common.verbosity = typed.quiet ? -1 : typed.more;
  return common;
}

Result<Options> checked_deploy(const Typed& typed, CommonOptions common) {
  auto profile = ProfileName::parse(typed.profile);
  if (!profile) return tl::make_unexpected(with_context(profile.error(), "--profile"));
  auto closure = resolve_closure(typed.path);
  if (!closure) return tl::make_unexpected(with_context(closure.error(), "--path"));
  const auto confirm = parse<ConfirmMode>(typed.confirm);
  if (!confirm) {
    return fail(Errc::invalid_request, wrong("--confirm", typed.confirm, "auto, manual or none"));
  }
  const milliseconds usual = *confirm == ConfirmMode::manual ? kManualConfirmTimeout : kConfirmTimeout;
  ActivateRequest request{.id = ActivationId::random(),
                          .changes = {ChangeRequest{.profile = *profile, .closure = *closure}},
                          .gate = typed.gate,
                          .confirm = *confirm,
                          .confirm_timeout = typed.confirm_timeout.value_or(usual),
                          .activation_timeout = typed.activation_timeout,
                          .force = typed.force,
                          .note = typed.note};
  if (typed.gate.soak >= typed.gate.deadline) {
    return fail(Errc::invalid_request,
                "--soak must be shorter than --gate-deadline, or nothing could ever pass");
  }
  // By the activator's own rules, so that what it would refuse is refused before anything is copied.
  if (auto good = parse_activate(to_json(request)); !good) return tl::make_unexpected(good.error());
  return DeployOptions{std::move(common), std::move(request)};
}

Result<std::optional<ActivationId>> checked_id(const std::string& text) {
  if (text.empty()) return std::optional<ActivationId>{};
  auto id = ActivationId::parse(text);
  if (!id) return tl::make_unexpected(id.error());
  return std::optional<ActivationId>{std::move(*id)};
}

/// The words that `app` and its verbs know: options, or the verbs themselves.
std::set<std::string, std::less<>> known_words(const CLI::App& app, bool options) {
  std::set<std::string, std::less<>> known;
  if (!options) {
    for (const auto* verb : app.get_subcommands({})) known.insert(verb->get_name());
    return known;
  }
  for (const auto* option : app.get_options({})) {
    for (const auto& name : option->get_lnames()) known.insert("--" + name);
  }
  return known;
}

/// People get the first letter right: «--soke» is --soak, not --note.
std::optional<std::string> meant_word(const std::string& word,
                                      const std::set<std::string, std::less<>>& known) {
  const auto first = word.find_first_not_of('-');
  if (first == std::string::npos) return std::nullopt;
  std::set<std::string, std::less<>> alike;
  for (const auto& candidate : known) {
    if (candidate.starts_with(word.substr(0, first + 1))) alike.insert(candidate);
  }
  const auto likely = nearest(word, alike);
  return likely ? likely : nearest(word, known);
}

Error unknown_word(const CLI::App& app) {
  const auto verbs = app.get_subcommands();
  const auto& where = verbs.empty() ? app : *verbs.front();
  const auto extras = app.remaining(/*recurse=*/true);
  auto word = extras.empty() ? std::string("?") : extras.front();
  word = word.substr(0, word.find('='));
  const bool option = word.starts_with('-');
  std::string message = "«" + printable(word) + "» is ";
  if (option)
    message += "no option of switchback" + (verbs.empty() ? "" : " " + where.get_name());
  else
    message += verbs.empty() ? "no verb of switchback" : "too many for switchback " + where.get_name();
  if (!option && !verbs.empty()) return {Errc::invalid_request, message};
  const auto meant = meant_word(word, known_words(where, option));
  message += meant ? "; did you mean " + *meant + "?" : "; see --help";
  return {Errc::invalid_request, message};
}

Result<Options> checked(const CLI::App& app, const Typed& typed) {
  const auto verbs = app.get_subcommands();
  if (verbs.empty()) return fail(Errc::invalid_request, "no verb given; switchback --help lists them");
  auto common = checked_common(typed);
  if (!common) return tl::make_unexpected(common.error());
  const auto verb = verbs.front()->get_name();
  if (verb == "deploy") return checked_deploy(typed, std::move(*common));
  if (verb == "status") return StatusOptions{std::move(*common)};
  auto id = checked_id(typed.id);
  if (!id) return tl::make_unexpected(id.error());
  if (verb == "confirm") return ConfirmOptions{std::move(*common), std::move(*id)};
  return CancelOptions{std::move(*common), std::move(*id)};
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Typed typed;
  CLI::App app("Deploys Nix closures to systemd hosts: proven and confirmed, or not at all.", "switchback");
  app.set_version_flag("--version", "switchback " SWITCHBACK_VERSION);
  app.require_subcommand(0, 1);
  app.option_defaults()->multi_option_policy(
      CLI::MultiOptionPolicy::TakeLast);  // as everywhere; the verbs inherit it
  app.get_formatter()->column_width(34);
  auto* deploy = app.add_subcommand("deploy", "Copy, activate, watch, confirm");
  auto* status = app.add_subcommand("status", "What runs, what is pending, what failed");
  auto* confirm = app.add_subcommand("confirm", "Confirm a running activation");
  auto* cancel = app.add_subcommand("cancel", "Cancel a running activation: it is reverted");
  for (auto* verb : {deploy, status, confirm, cancel}) add_common(*verb, typed);
  add_deploy(*deploy, typed);
  for (auto* verb : {confirm, cancel}) {
    verb->add_option("ID", typed.id, "Which one; default: the one that runs")->type_name("");
  }
  app.footer(
      "Exit status: 0 done, 1 failed before anything changed, 2 usage, 3 reverted,\n"
      "4 needs a person, 5 unreachable, 6 busy, 7 outcome unknown.");
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
    app.parse(reversed);
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
  return checked(app, typed);
}

}  // namespace switchback
