// SPDX-License-Identifier: MIT
#include "cli/options_check.hpp"

#include "cli/closure.hpp"
#include "cli/manifest/target.hpp"
#include "cli/options_how.hpp"
#include "cli/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

tl::unexpected<Error> wrong(std::string message) { return fail(Errc::invalid_request, std::move(message)); }

/// Without a manifest: --host or --local.
Status check_direct(CommonOptions& common) {
  const std::string flag = common.local ? "--local" : "--host";
  if (common.local && !common.destination.empty()) return wrong("--host and --local: give one of them");
  if (!common.targets.empty()) {
    return wrong("«" + printable(common.targets.front()) + "» and " + flag + ": give a TARGET or " + flag +
                 ", not both");
  }
  if (common.file) return wrong("--file is where a TARGET is looked up: not with " + flag);
  if (!common.nix_arguments.empty())
    return wrong("what follows -- is for building a TARGET: not with " + flag);
  auto& over = common.overrides;
  if (over.hostname) return wrong("--hostname is where a TARGET's node is: not with " + flag);
  if (common.local) return {};
  if (over.ssh_user) {
    if (!user_name(common.destination).empty()) return wrong("--ssh-user: --host names a user already");
    common.destination = *over.ssh_user + "@" + common.destination;
  }
  if (auto good = check_destination(common.destination); !good) {
    return tl::make_unexpected(with_context(good.error(), "--host"));
  }
  return {};
}

/// Whether a TARGET is one of a flake's nixosConfigurations. One that is no TARGET is told about elsewhere.
bool names_system(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const std::string& text) {
    const auto target = parse_target(text);
    return target && target->system;
  });
}

/// A system says nothing about where it runs: --host does.
Status place_system(CommonOptions& common) {
  if (common.file) return {};  // then it is an attribute of a file
  auto& over = common.overrides;
  if (common.targets.size() > 1) {
    return wrong("«" + printable(common.targets.front()) +
                 "» and others: one of the nixosConfigurations is deployed by itself, to --host");
  }
  if (common.destination.empty()) {
    if (over.hostname) return {};
    return wrong("«" + printable(common.targets.front()) + "»: where does it run? Give --host [USER@]HOST");
  }
  if (over.hostname) return wrong("--host and --hostname: give one of them");
  if (auto good = check_destination(common.destination); !good) {
    return tl::make_unexpected(with_context(good.error(), "--host"));
  }
  const auto user = user_name(common.destination);
  if (!user.empty() && over.ssh_user) return wrong("--ssh-user: --host names a user already");
  if (!user.empty()) over.ssh_user = user;
  over.hostname = user.empty() ? common.destination : common.destination.substr(user.size() + 1);
  common.destination.clear();
  return {};
}

Result<CommonOptions> checked_common(const Typed& typed) {
  auto common = typed.common;
  common.targets.insert(common.targets.end(), typed.words.begin(), typed.words.end());
  common.verbosity = typed.quiet ? -1 : typed.more;
  auto& over = common.overrides;
  if (over.debug_logs.value_or(false) && !typed.quiet) common.verbosity = std::max(common.verbosity, 1);
  if (typed.ssh_words) over.ssh_options = split_words(*typed.ssh_words);
  const bool system = names_system(common.targets);
  if (system && !common.local) {
    if (auto good = place_system(common); !good) return tl::make_unexpected(good.error());
  } else if (common.local || !common.destination.empty()) {
    if (auto good = check_direct(common); !good) return tl::make_unexpected(good.error());
  } else if (common.targets.empty()) {
    common.targets = {"."};
  }
  return common;
}

Result<std::optional<ProfileName>> checked_profile(const std::string& text) {
  if (text.empty()) return std::optional<ProfileName>{};
  auto profile = ProfileName::parse(text);
  if (!profile) return tl::make_unexpected(with_context(profile.error(), "--profile"));
  return std::optional<ProfileName>{std::move(*profile)};
}

bool is_direct(const CommonOptions& common) { return common.targets.empty(); }

Result<ChangeRequest> checked_change(const Typed& typed, const CommonOptions& common) {
  if (typed.path.empty()) {
    return wrong(std::string(common.local ? "--local" : "--host") +
                 " needs --path: what the host is to run, a store path");
  }
  auto profile = checked_profile(typed.profile.empty() ? "system" : typed.profile);
  if (!profile) return tl::make_unexpected(profile.error());
  auto closure = resolve_closure(typed.path);
  if (!closure) return tl::make_unexpected(with_context(closure.error(), "--path"));
  const auto& over = common.overrides;
  ChangeRequest change{.profile = **profile, .closure = *closure};
  change.user = over.profile_user.value_or(change.user);
  change.profile_path = over.profile_path.value_or(change.profile_path);
  change.kind = over.kind;
  return change;
}

/// The first flag that was given and concerns what is built from a TARGET alone; empty: none.
std::string flag_of_building(const Overrides& over) {
  if (over.remote_build) return "--remote-build";
  if (over.checks.value_or(false)) return "--checks";
  if (over.keep_result) return "--keep-result";
  if (over.result_path) return "--result-path";
  return "";
}

Status check_bootstrap_flags(const Typed& typed, const CommonOptions& common) {
  if (typed.activator && !typed.bootstrap)
    return wrong("--activator: with --bootstrap alone is one brought along");
  if (!typed.bootstrap) return {};
  if (common.local) return wrong("--bootstrap goes by ssh: not with --local");
  if (typed.dry_run)
    return wrong("--bootstrap installs an activator, --dry-run changes nothing: give one of them");
  return {};
}

Result<Options> checked_deploy(const Typed& typed, CommonOptions common) {
  if (auto good = check_bootstrap_flags(typed, common); !good) return tl::make_unexpected(good.error());
  auto request = checked_how(typed);
  if (!request) return tl::make_unexpected(request.error());
  if (!is_direct(common)) {
    if (!typed.path.empty())
      return wrong("--path needs --host or --local: a TARGET says itself what it runs");
    if (!typed.profile.empty()) return wrong("--profile: a TARGET names its profile, as in .#NODE.PROFILE");
    return DeployOptions{std::move(common), std::move(*request), typed.wait, typed.bootstrap,
                         typed.activator};
  }
  if (const auto flag = flag_of_building(common.overrides); !flag.empty()) {
    return wrong(flag + ": with --path there is nothing to build");
  }
  auto change = checked_change(typed, common);
  if (!change) return tl::make_unexpected(change.error());
  request = with_checks(std::move(*request), common.overrides.gate.checks);
  if (!request) return tl::make_unexpected(request.error());
  request->changes = {std::move(*change)};
  // By the activator's own rules, so that what it would refuse is refused before anything is copied.
  if (auto good = parse_activate(to_json(*request)); !good) return tl::make_unexpected(good.error());
  return DeployOptions{std::move(common), std::move(*request), typed.wait, typed.bootstrap, typed.activator};
}

Result<std::optional<ProfileName>> one_profile(const Typed& typed, const CommonOptions& common) {
  auto profile = checked_profile(typed.profile);
  if (profile && !*profile && is_direct(common)) return wrong("--profile is missing: which one is meant?");
  return profile;
}

Result<ActivateRequest> checked_whole(const Typed& typed) {
  return checked_how(typed).and_then(
      [&](ActivateRequest&& how) { return with_checks(std::move(how), typed.common.overrides.gate.checks); });
}

Result<Options> checked_rollback(const Typed& typed, CommonOptions common) {
  auto how = checked_whole(typed);
  if (!how) return tl::make_unexpected(how.error());
  auto profile = one_profile(typed, common);
  if (!profile) return tl::make_unexpected(profile.error());
  return RollbackOptions{std::move(common), std::move(*how), std::move(*profile), typed.generation,
                         typed.wait};
}

Result<Options> checked_remove(const Typed& typed, CommonOptions common) {
  auto how = checked_whole(typed);
  if (!how) return tl::make_unexpected(how.error());
  auto profile = one_profile(typed, common);
  if (!profile) return tl::make_unexpected(profile.error());
  return RemoveOptions{std::move(common), std::move(*how), std::move(*profile), typed.wait};
}

/// With --host or --local the first word is the id already.
Result<std::optional<IdPrefix>> take_id(const std::string& verb, Typed& typed) {
  const bool direct = typed.common.local || !typed.common.destination.empty();
  if (direct && !typed.id.empty()) {
    return wrong("«" + printable(typed.id) + "» is too many for switchback " + verb + " with " +
                 (typed.common.local ? "--local" : "--host"));
  }
  auto text = typed.id;
  if (direct && !typed.words.empty()) {
    text = typed.words.front();
    typed.words.clear();
  }
  if (text.empty()) return std::optional<IdPrefix>{};
  auto id = IdPrefix::parse(text);
  if (!id) return tl::make_unexpected(id.error());
  return std::optional<IdPrefix>{std::move(*id)};
}

Result<Options> checked_history(const Typed& typed, CommonOptions common, std::optional<IdPrefix> id) {
  if (typed.plot && typed.plot->empty()) return wrong("--plot: which file? «-» is standard output");
  if (typed.plot && common.json) return wrong("--plot and --json: give one of them");
  return HistoryOptions{std::move(common), std::move(id), typed.limit, typed.plot};
}

/// What is not a .json, --file would take for a Nix file.
Result<Options> checked_import(Typed typed) {
  if (typed.words.empty()) {
    return wrong(
        "which FILE? A colmena hive, or a NixOps or morph network, as in switchback import hive.nix");
  }
  if (typed.output && !typed.output->ends_with(".json")) {
    return wrong(
        "--output: expected a name that ends in .json, by which deploy --file knows a manifest, and found «" +
        printable(*typed.output) + "»");
  }
  return ImportOptions{std::move(typed.words), std::move(typed.output),
                       std::move(typed.common.nix_arguments)};
}

}  // namespace

Result<Options> checked_options(const std::string& verb, Typed typed) {
  if (verb == "import") return checked_import(std::move(typed));
  const bool takes_id = verb == "history" || verb == "watch" || verb == "confirm" || verb == "cancel";
  auto id = takes_id ? take_id(verb, typed) : std::optional<IdPrefix>{};
  if (!id) return tl::make_unexpected(id.error());
  auto common = checked_common(typed);
  if (!common) return tl::make_unexpected(common.error());
  if (verb == "deploy") return checked_deploy(typed, std::move(*common));
  if (verb == "rollback") return checked_rollback(typed, std::move(*common));
  if (verb == "remove") return checked_remove(typed, std::move(*common));
  if (verb == "status") return StatusOptions{std::move(*common)};
  if (verb == "check") return CheckOptions{std::move(*common)};
  if (verb == "history") return checked_history(typed, std::move(*common), std::move(*id));
  if (verb == "watch") return WatchOptions{std::move(*common), std::move(*id)};
  if (verb == "confirm") return ConfirmOptions{std::move(*common), std::move(*id)};
  return CancelOptions{std::move(*common), std::move(*id)};
}

}  // namespace switchback
