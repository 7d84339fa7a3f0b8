// SPDX-License-Identifier: MIT
// Gets what is wanted of a manifest: out of a flake or a Nix file with one run of nix, or out of a JSON file
// with none. Decides where a manifest is looked for; not what stands in it.
#pragma once

#include "cli/interrupt.hpp"
#include "cli/manifest/nix_expression.hpp"
#include "cli/manifest/selection.hpp"
#include "cli/ssh.hpp"

#include <string>

namespace switchback {

struct ManifestSource {
  /// Of --file: a name that ends in .json is the manifest itself, any other a Nix file or a directory with a
  /// default.nix, as for deploy-rs. Empty: the targets name flakes.
  std::string file{};
  Words nix_arguments{};  // what the user gave after `--`
};

/// What people call the manifest: «.#deploy», «fleet.json».
[[nodiscard]] std::string manifest_name(const ManifestSource& source, const std::string& flake);

/// nix writes to our standard error. Errors: invalid_request when nix or the JSON parser says no, or for a
/// selected name that is not there; refused when there is no nix, or after Ctrl-C.
[[nodiscard]] Result<Evaluated> evaluate(const ManifestSource& source, const std::string& flake,
                                         const Selection& selection, Want want, const Interrupt& interrupt);

}  // namespace switchback
