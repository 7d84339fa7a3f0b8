// SPDX-License-Identifier: MIT
// The verbs of the command, a file each, and what they share. Each shows what happens and returns the exit
// status.
#pragma once

#include "activator/protocol/status.hpp"
#include "cli/display.hpp"
#include "cli/follower.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/remote.hpp"

#include <chrono>
#include <functional>
#include <iosfwd>

namespace switchback {

[[nodiscard]] ExitStatus run(const DeployOptions& options);
[[nodiscard]] ExitStatus run(const StatusOptions& options);
[[nodiscard]] ExitStatus run(const ConfirmOptions& options);
[[nodiscard]] ExitStatus run(const CancelOptions& options);
/// Prints it.
[[nodiscard]] ExitStatus run(const Printed& printed);

/// What a deployment works with; the tests put others in the place of each.
struct Deployment {
  Remote& remote;
  Display& display;
  const Interrupt& interrupt;
  std::function<Status()> connect;
  std::function<Status()> copy;
  FollowSettings follow = {};
};
[[nodiscard]] ExitStatus deploy(const ActivateRequest& request, const Deployment& with);

/// Where a query writes.
struct Answer {
  std::ostream& out;
  std::ostream& err;
  bool json = false;
};
[[nodiscard]] ExitStatus show_status(Remote& remote, const Answer& answer);
[[nodiscard]] ExitStatus confirm(Remote& remote, const std::optional<ActivationId>& id, const Answer& answer);
[[nodiscard]] ExitStatus cancel(Remote& remote, const std::optional<ActivationId>& id, const Answer& answer);

/// Logs in and runs `verb`.
[[nodiscard]] ExitStatus on_host(const CommonOptions& common,
                                 const std::function<ExitStatus(Remote&, const Answer&)>& verb);
/// Says what went wrong. Returns the exit status that belongs to it.
[[nodiscard]] ExitStatus complain(const Error& error, const std::string& node, const Answer& answer);

/// Confirm or Cancel: `method` with `parameters` for `id`. Called too late, it tells what has become of the
/// activation, with its outcome.
struct Acted {
  ActivationStatus activation;
  bool late = false;
};
[[nodiscard]] Result<Acted> act_on(Remote& remote, const std::optional<ActivationId>& id,
                                   const std::function<Call(const ActivationId&)>& call);

[[nodiscard]] SshSettings ssh_settings(const CommonOptions& common);

}  // namespace switchback
