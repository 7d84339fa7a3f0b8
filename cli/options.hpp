// SPDX-License-Identifier: MIT
// The command line as a plain value: every number in range, every name well-formed, every closure a store
// path. Decides flags and defaults; the verbs decide what they mean.
#pragma once

#include "activator/protocol/request.hpp"
#include "cli/ssh.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace switchback {

struct CommonOptions {
  std::string destination;  // [USER@]HOST
  Words ssh_options;        // NIX_SSHOPTS is not among them
  bool json = false;
  int verbosity = 0;  // -1 with -q
};

struct DeployOptions {
  CommonOptions common;
  ActivateRequest request;  // with a random id
};
struct StatusOptions {
  CommonOptions common;
};
struct ConfirmOptions {
  CommonOptions common;
  std::optional<ActivationId> id;  // the running one when absent
};
struct CancelOptions {
  CommonOptions common;
  std::optional<ActivationId> id;
};

/// Something was only asked about the command: printed to standard output, exit 0.
struct Printed {
  std::string text;
};

using Options = std::variant<DeployOptions, StatusOptions, ConfirmOptions, CancelOptions, Printed>;

/// `arguments` without the program's name. Errors: invalid_request, for standard error and exit status 2.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments);

}  // namespace switchback
