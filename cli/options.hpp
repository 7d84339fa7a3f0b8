// SPDX-License-Identifier: MIT
// The command line as a plain value: every number in range, every name well-formed, every closure a store
// path. Decides flags and defaults; the verbs decide what they mean.
#pragma once

#include "activator/protocol/request.hpp"
#include "cli/id_prefix.hpp"
#include "cli/overrides.hpp"
#include "cli/ssh.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace switchback {

/// Where to, and how it is told. One of: a destination, this host, TARGETs of a manifest.
struct CommonOptions {
  std::string destination{};           // [USER@]HOST of --host; empty when it was not given
  bool local = false;                  // --local
  std::vector<std::string> targets{};  // as given, with --targets; «.» when neither of the others was given
  std::optional<std::string> file{};   // -f, --file: where TARGETs are looked up instead of a flake
  std::vector<std::string> nix_arguments{};  // what stood after --
  Overrides overrides{};
  Words ssh_options{};  // of --ssh-opt, before all others; NIX_SSHOPTS is not among them
  bool json = false;
  int verbosity = 0;  // -1 with -q
};

struct DeployOptions {
  CommonOptions common;
  /// With a random id and all that the command line says. One change with --host or --local; without them no
  /// change, as those are what a manifest says.
  ActivateRequest request;
  std::optional<std::chrono::milliseconds> wait{};  // for a host that another activation holds
  bool bootstrap = false;                           // bring an activator to a host that has none
  std::optional<std::string> activator{};           // where that is; absent: beside the command
};
struct RollbackOptions {
  CommonOptions common;
  ActivateRequest how;                 // without changes
  std::optional<ProfileName> profile;  // absent: the TARGET names one
  std::optional<std::uint64_t> generation{};
  std::optional<std::chrono::milliseconds> wait{};
};
struct RemoveOptions {
  CommonOptions common;
  ActivateRequest how;                 // without changes
  std::optional<ProfileName> profile;  // absent: the TARGET names one
  std::optional<std::chrono::milliseconds> wait{};
};
struct StatusOptions {
  CommonOptions common;
};
struct HistoryOptions {
  CommonOptions common;
  std::optional<IdPrefix> id;  // absent: a list
  int limit = 10;
  std::optional<std::string> plot{};  // the file of a picture; «-»: standard output
};
struct WatchOptions {
  CommonOptions common;
  std::optional<IdPrefix> id;  // absent, here and below: the running one
};
struct ConfirmOptions {
  CommonOptions common;
  std::optional<IdPrefix> id;
};
struct CancelOptions {
  CommonOptions common;
  std::optional<IdPrefix> id;
};
struct CheckOptions {
  CommonOptions common;
};

/// From networks of other tools to a manifest; no host is asked for anything.
struct ImportOptions {
  std::vector<std::string> files;            // one at least
  std::optional<std::string> output{};       // absent: standard output
  std::vector<std::string> nix_arguments{};  // what stood after --
};

/// Something was only asked about the command: printed to standard output, exit 0.
struct Printed {
  std::string text;
};

using Options =
    std::variant<DeployOptions, StatusOptions, HistoryOptions, WatchOptions, ConfirmOptions, CancelOptions,
                 RollbackOptions, RemoveOptions, CheckOptions, ImportOptions, Printed>;

/// `arguments` without the program's name. Errors: invalid_request, for standard error and exit status 2.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments);

/// A verb and its options, each as it is typed: «--soak», «-q».
struct VerbWords {
  std::string verb;
  std::vector<std::string> options;
};
[[nodiscard]] std::vector<VerbWords> command_words();

}  // namespace switchback
