// SPDX-License-Identifier: MIT
#include "cli/manifest/deployments.hpp"

#include "cli/manifest/build.hpp"
#include "cli/manifest/manifest_json.hpp"
#include "cli/manifest/nix_commands.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace switchback {
namespace {

constexpr const char* kUsualResultPath = "./.deploy-gc";  // deploy-rs's

/// The targets of one flake, or all of a file's.
struct Group {
  std::string flake;
  bool systems = false;
  std::vector<Target> targets;
};

std::vector<Group> grouped(const std::vector<Target>& targets, const ManifestSource& source) {
  if (targets.empty()) return {{.flake = Target{}.flake, .targets = {}}};
  std::vector<Group> groups;
  for (const auto& target : targets) {
    auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return !source.file.empty() || (group.flake == target.flake && group.systems == target.system);
    });
    if (found == groups.end()) found = groups.insert(groups.end(), {target.flake, target.system, {}});
    found->targets.push_back(target);
  }
  return groups;
}

/// What a group comes to: `selected` are nodes of `manifest`, in order.
struct Read {
  std::string name;
  Evaluated evaluated;
  Manifest manifest;
  std::vector<std::string> selected;

  [[nodiscard]] NodeView view(const std::string& node, const ManifestRun& run) const {
    return {node, manifest.nodes.at(node), manifest.settings, evaluated.profiles.at(node), run.ssh_options};
  }
};

/// The source of the targets of one group.
ManifestSource source_of(const Group& group, ManifestSource source) {
  source.systems = group.systems;
  return source;
}

/// A manifest that nix did not evaluate may say itself what closures are built from.
Status add_written(const Manifest& manifest, Evaluated& evaluated, const Interrupt& interrupt) {
  if (!evaluated.nix_version.empty()) return {};
  for (const auto& [name, node] : manifest.nodes) {
    for (const auto& [profile_name, profile] : node.profiles) {
      if (!profile.derivation) continue;
      evaluated.derivations[name][profile_name] = {{profile.derivation->text(), "out"}};
    }
  }
  if (evaluated.derivations.empty()) return {};
  auto version = version_of_nix(interrupt);
  if (!version) return tl::make_unexpected(version.error());
  evaluated.nix_version = std::move(*version);
  return {};
}

Result<Read> read_group(const Group& group, const ManifestSource& whole, Want want, const ManifestRun& run) {
  const auto source = source_of(group, whole);
  const auto selection = selection_of(group.targets);
  auto evaluated = evaluate(source, group.flake, selection, want, run.interrupt);
  if (!evaluated) return tl::make_unexpected(evaluated.error());
  const auto name = manifest_name(source, group.flake);
  auto manifest = parse_manifest(evaluated->deploy);
  if (!manifest) return tl::make_unexpected(with_context(manifest.error(), name));
  if (want == Want::closures) {
    if (auto added = add_written(*manifest, *evaluated, run.interrupt); !added) {
      return tl::make_unexpected(added.error());
    }
  }
  auto selected = selected_nodes(selection, *evaluated);
  return Read{name, std::move(*evaluated), std::move(*manifest), std::move(selected)};
}

Result<std::vector<Read>> read_all(const std::vector<Target>& targets, const ManifestSource& source,
                                   Want want, const ManifestRun& run) {
  std::vector<Read> all;
  for (const auto& group : grouped(targets, source)) {
    const auto name = manifest_name(source_of(group, source), group.flake);
    run.step({"evaluate", StepState::begun, name});
    auto read = read_group(group, source, want, run);
    if (!read) {
      run.step({"evaluate", StepState::failed, read.error().message});
      return tl::make_unexpected(read.error());
    }
    run.step({"evaluate", StepState::done, name});
    all.push_back(std::move(*read));
  }
  return all;
}

/// What `make` makes of each selected node; no closure is evaluated.
template <class Made, class Make>
Result<std::vector<Made>> of_each_node(const std::vector<Target>& targets, const ManifestSource& source,
                                       const ManifestRun& run, const Make& make) {
  const auto all = read_all(targets, source, Want::addresses, run);
  if (!all) return tl::make_unexpected(all.error());
  std::vector<Made> out;
  for (const auto& read : *all) {
    for (const auto& node : read.selected) {
      auto made = make(read.view(node, run));
      if (!made) return tl::make_unexpected(with_context(made.error(), read.name));
      out.push_back(std::move(*made));
    }
  }
  return out;
}

Installables installables_of(const Evaluated& evaluated, const std::string& node) {
  Installables out;
  const auto of_node = [&](const auto& derivations, const auto& add) {
    const auto found = derivations.find(node);
    if (found == derivations.end()) return;
    for (const auto& [profile, each] : found->second) {
      for (const auto& derivation : each) add(profile, installable(derivation, evaluated.nix_version));
    }
  };
  of_node(evaluated.derivations,
          [&](const auto& profile, auto word) { out.closures[profile].push_back(std::move(word)); });
  of_node(evaluated.check_derivations, [&](const auto& /*profile*/, auto word) {
    const bool known = std::find(out.checks.begin(), out.checks.end(), word) != out.checks.end();
    if (!known) out.checks.push_back(std::move(word));
  });
  return out;
}

BuildSettings build_settings(const ManifestSource& source, const Overrides& overrides) {
  BuildSettings settings{.nix_arguments = source.nix_arguments};
  if (overrides.keep_result.value_or(false)) {
    settings.keep_in = overrides.result_path.value_or(kUsualResultPath);
  }
  if (const char* key = std::getenv("LOCAL_KEY"); key != nullptr) settings.key_file = key;
  return settings;
}

std::string names_of(const std::vector<NodePlan>& plans) {
  std::string names;
  for (const auto& plan : plans) names += (names.empty() ? "" : ", ") + plan.deployment.address.node;
  return names;
}

Status check_flakes(const std::vector<Target>& targets, const ManifestSource& source,
                    const BuildSettings& settings, const ManifestRun& run) {
  if (!source.file.empty()) {
    run.note("--checks is for flakes; there are no checks in " + source.file);
    return {};
  }
  for (const auto& group : grouped(targets, source)) {
    run.step({"check", StepState::begun, group.flake});
    auto good = check_flake(group.flake, settings, run.interrupt);
    run.step(
        {"check", good ? StepState::done : StepState::failed, good ? group.flake : good.error().message});
    if (!good) return good;
  }
  return {};
}

Status build_plans(std::vector<NodePlan>& plans, const BuildSettings& settings, const ManifestRun& run) {
  run.step({"build", StepState::begun, names_of(plans)});
  auto built = build(plans, settings, run.interrupt);
  const auto state = built ? StepState::done : StepState::failed;
  run.step({"build", state, built ? names_of(plans) : built.error().message});
  return built;
}

}  // namespace

Result<std::vector<NodePlan>> plans_of(const std::vector<Target>& targets, const ManifestSource& source,
                                       const Overrides& overrides, const ActivateRequest& base,
                                       const ManifestRun& run) {
  const auto all = read_all(targets, source, Want::closures, run);
  if (!all) return tl::make_unexpected(all.error());
  std::vector<NodePlan> plans;
  std::set<std::string> said;
  for (const auto& read : *all) {
    for (const auto& [what, instead] : read.evaluated.left) {
      run.note("not carried over: " + printable(what) + ": " + printable(instead));
    }
    for (const auto& node : read.selected) {
      auto plan = plan_node(read.view(node, run), installables_of(read.evaluated, node), overrides, base);
      if (!plan) return tl::make_unexpected(with_context(plan.error(), read.name));
      for (const auto& note : plan->notes) {
        if (said.insert(note).second) run.note(note);
      }
      plans.push_back(std::move(*plan));
    }
  }
  return plans;
}

Result<std::vector<NodeAddress>> addresses_of(const std::vector<Target>& targets,
                                              const ManifestSource& source, const Overrides& overrides,
                                              const ManifestRun& run) {
  return of_each_node<NodeAddress>(targets, source, run,
                                   [&](const NodeView& view) { return address_of(view, overrides); });
}

Result<std::vector<NodeDeployment>> judgements_of(const std::vector<Target>& targets,
                                                  const ManifestSource& source, const Overrides& overrides,
                                                  const ActivateRequest& base, const ManifestRun& run) {
  return of_each_node<NodeDeployment>(
      targets, source, run, [&](const NodeView& view) { return judgement_of(view, overrides, base); });
}

Result<std::vector<NodeDeployment>> deployments_of(const std::vector<Target>& targets,
                                                   const ManifestSource& source, const Overrides& overrides,
                                                   const ActivateRequest& base, const ManifestRun& run) {
  auto plans = plans_of(targets, source, overrides, base, run);
  if (!plans) return tl::make_unexpected(plans.error());
  for (const auto& plan : *plans) {
    if (plan.builds.empty())
      run.note("node " + plan.deployment.address.node + " has no profiles: nothing to do there");
  }
  std::erase_if(*plans, [](const NodePlan& plan) { return plan.builds.empty(); });
  if (plans->empty()) {
    return fail(Errc::invalid_request, "nothing to deploy: no selected node has a profile");
  }
  const auto settings = build_settings(source, overrides);
  if (overrides.checks.value_or(false)) {
    if (auto good = check_flakes(targets, source, settings, run); !good) {
      return tl::make_unexpected(good.error());
    }
  }
  if (auto built = build_plans(*plans, settings, run); !built) return tl::make_unexpected(built.error());
  std::vector<NodeDeployment> deployments;
  for (auto& plan : *plans) deployments.push_back(std::move(plan.deployment));
  return deployments;
}

}  // namespace switchback
