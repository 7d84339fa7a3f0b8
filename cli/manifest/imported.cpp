// SPDX-License-Identifier: MIT
#include "cli/manifest/imported.hpp"

#include "cli/manifest/manifest_json.hpp"
#include "cli/text.hpp"

namespace switchback {
namespace {

/// A store path alone could be built by nobody.
void add_derivations(nlohmann::json& manifest, const Evaluated& evaluated) {
  for (const auto& [node, profiles] : evaluated.derivations) {
    for (const auto& [profile, derivations] : profiles) {
      if (derivations.size() != 1 || derivations.front().output != "out") continue;
      manifest["nodes"][node]["profiles"][profile]["derivation"] = derivations.front().path;
    }
  }
}

}  // namespace

Result<Imported> imported_from(Evaluated evaluated, const std::string& name) {
  auto manifest = evaluated.deploy;
  add_derivations(manifest, evaluated);
  if (const auto good = parse_manifest(manifest); !good) {
    return tl::make_unexpected(with_context(good.error(), name));
  }
  return Imported{evaluated.kind, std::move(manifest), std::move(evaluated.left)};
}

Result<Imported> import_network(const std::vector<std::string>& files, const Words& nix_arguments,
                                const Interrupt& interrupt) {
  auto evaluated = evaluate_network(files, nix_arguments, interrupt);
  if (!evaluated) return tl::make_unexpected(evaluated.error());
  return imported_from(std::move(*evaluated), files.front());
}

std::string summary_of(const Imported& imported, const std::string& name) {
  std::string nodes;
  for (const auto& [node, what] : imported.manifest.at("nodes").items()) {
    nodes += (nodes.empty() ? "" : ", ") + printable(node);
  }
  auto out = "switchback: " + printable(name) + " is a " + imported.kind + "; " +
             (nodes.empty() ? "none of its machines is deployed to" : "nodes: " + nodes) + "\n";
  if (imported.left.empty()) return out + "switchback: everything in it was carried over\n";
  out += "switchback: not carried over, and what to do instead:\n";
  for (const auto& [what, instead] : imported.left) {
    out += "  " + printable(what) + "\n    " + printable(instead) + "\n";
  }
  return out;
}

}  // namespace switchback
