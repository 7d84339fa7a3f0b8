// SPDX-License-Identifier: MIT
// Gets what is wanted of a manifest: out of a flake or a Nix file with one run of nix, or out of a JSON file
// with none. Decides where a manifest is looked for; not what stands in it.
#pragma once

#include "cli/interrupt.hpp"
#include "cli/manifest/nix_expression.hpp"
#include "cli/manifest/selection.hpp"
#include "cli/ssh.hpp"

#include <string>
#include <vector>

namespace switchback {

struct ManifestSource {
  /// Of --file: a name that ends in .json is the manifest itself, any other a Nix file or a directory with a
  /// default.nix, as for deploy-rs, or else a network of another tool. Empty: the targets name flakes.
  std::string file{};
  /// The flake's nixosConfigurations take the place of a `deploy`.
  bool systems = false;
  Words nix_arguments{};  // what the user gave after `--`
};

/// What people call the manifest: «.#deploy», «fleet.json».
[[nodiscard]] std::string manifest_name(const ManifestSource& source, const std::string& flake);

/// Where our Nix code is that reads networks of other tools: $SWITCHBACK_NIX, or where it was installed.
/// Empty when it is not there.
[[nodiscard]] std::string ways_directory();

/// All of a network of another tool, in one file or several: the manifest that it comes to. Errors:
/// invalid_request, when it is none, or does not evaluate; refused as below.
[[nodiscard]] Result<Evaluated> evaluate_network(const std::vector<std::string>& files,
                                                 const Words& nix_arguments, const Interrupt& interrupt);
/// Which nix there is here: «2.26.3». Errors: refused.
[[nodiscard]] Result<std::string> version_of_nix(const Interrupt& interrupt);

/// nix writes to our standard error. Errors: invalid_request when nix or the JSON parser says no, or for a
/// selected name that is not there; refused when there is no nix, or after Ctrl-C.
[[nodiscard]] Result<Evaluated> evaluate(const ManifestSource& source, const std::string& flake,
                                         const Selection& selection, Want want, const Interrupt& interrupt);

}  // namespace switchback
