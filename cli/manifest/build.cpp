// SPDX-License-Identifier: MIT
#include "cli/manifest/build.hpp"

#include "cli/manifest/nix_commands.hpp"
#include "cli/manifest/remote_build.hpp"
#include "cli/manifest/run_nix.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace switchback {
namespace {

constexpr std::chrono::hours kBuildLimit{24};
constexpr std::chrono::minutes kQueryLimit{2};

using Builds = std::vector<const ClosureBuild*>;

std::vector<std::string> paths(const Builds& builds) {
  std::vector<std::string> out;
  for (const auto* build : builds) {
    if (std::find(out.begin(), out.end(), build->closure.text()) == out.end()) {
      out.push_back(build->closure.text());
    }
  }
  return out;
}

/// Those that are not in this machine's store.
Result<Builds> missing(const Builds& builds, const Interrupt& interrupt) {
  const auto answer =
      run_nix(nix_print_missing(paths(builds)), {.limit = kQueryLimit, .read_output = true}, interrupt);
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 0) return fail(Errc::refused, "nix cannot tell what is in this machine's store");
  Builds out;
  const auto lines = split_words(answer->output);
  std::copy_if(builds.begin(), builds.end(), std::back_inserter(out), [&](const ClosureBuild* build) {
    return std::find(lines.begin(), lines.end(), build->closure.text()) != lines.end();
  });
  return out;
}

Words installables(const Builds& builds) {
  Words out;
  const auto add = [&](const std::string& word) {
    if (std::find(out.begin(), out.end(), word) == out.end()) out.push_back(word);
  };
  for (const auto* build : builds) {
    for (const auto& word : build->installables) add(word);
    if (build->installables.empty()) add(build->closure.text());
  }
  return out;
}

Status run(const Words& words, const std::string& failed, const Interrupt& interrupt) {
  const auto answer = run_nix(words, {.limit = kBuildLimit}, interrupt);
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 0) return fail(Errc::refused, failed);
  return {};
}

/// One run of nix builds them all, as parallel as its settings allow.
Status build_here(const Builds& builds, const BuildSettings& settings, const Interrupt& interrupt) {
  const auto wanted = missing(builds, interrupt);
  if (!wanted) return tl::make_unexpected(wanted.error());
  if (wanted->empty()) return {};
  // What was not built tells more than nix's exit status.
  const auto built =
      run_nix(nix_build(installables(*wanted), settings.nix_arguments), {.limit = kBuildLimit}, interrupt);
  if (!built) return tl::make_unexpected(built.error());
  const auto unbuilt = missing(*wanted, interrupt);
  if (!unbuilt) return tl::make_unexpected(unbuilt.error());
  if (unbuilt->empty()) return {};
  std::string message = "not built:";
  for (const auto* build : *unbuilt) message += "\n  " + description(*build);
  return fail(Errc::refused, message + "\nwhat nix says is above; nothing has changed on any host");
}

Status keep(const Builds& builds, const BuildSettings& settings, const Interrupt& interrupt) {
  for (const auto* build : builds) {
    if (build->profile.empty()) continue;
    const auto link = settings.keep_in + "/" + build->node + "/" + build->profile;
    auto kept = run(nix_keep(build->closure.text(), link), "nix could not make the link " + link, interrupt);
    if (!kept) return kept;
  }
  return {};
}

Status finish_here(const Builds& builds, const BuildSettings& settings, const Interrupt& interrupt) {
  if (!settings.keep_in.empty()) {
    if (auto kept = keep(builds, settings, interrupt); !kept) return kept;
  }
  if (settings.key_file.empty()) return {};
  return run(nix_sign(paths(builds), settings.key_file),
             "nix could not sign what was built with the key in " + settings.key_file + " (LOCAL_KEY)",
             interrupt);
}

}  // namespace

Status check_flake(const std::string& flake, const BuildSettings& settings, const Interrupt& interrupt) {
  return run(nix_flake_check(flake, settings.nix_arguments),
             "the checks of " + flake + " fail; what nix says is above, and --skip-checks leaves them out",
             interrupt);
}

Status build(std::vector<NodePlan>& plans, const BuildSettings& settings, const Interrupt& interrupt) {
  Builds here;
  for (const auto& plan : plans) {
    for (const auto& build : plan.builds) {
      if (!build.on_host) here.push_back(&build);
    }
  }
  if (!here.empty()) {
    if (auto built = build_here(here, settings, interrupt); !built) return built;
    if (auto finished = finish_here(here, settings, interrupt); !finished) return finished;
  }
  for (auto& plan : plans) {
    if (auto built = build_on_host(plan, settings, interrupt); !built) return built;
  }
  return {};
}

}  // namespace switchback
