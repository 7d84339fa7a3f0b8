// SPDX-License-Identifier: MIT
// The verbs of the command, a file each, and what they share. Each shows what happens and returns the exit
// status.
#pragma once

#include "activator/protocol/status.hpp"
#include "cli/address.hpp"
#include "cli/display.hpp"
#include "cli/follower.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/queries.hpp"
#include "cli/remote.hpp"

#include <chrono>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace switchback {

[[nodiscard]] ExitStatus run(const DeployOptions& options);
[[nodiscard]] ExitStatus run(const StatusOptions& options);
[[nodiscard]] ExitStatus run(const HistoryOptions& options);
[[nodiscard]] ExitStatus run(const WatchOptions& options);
[[nodiscard]] ExitStatus run(const ConfirmOptions& options);
[[nodiscard]] ExitStatus run(const CancelOptions& options);
[[nodiscard]] ExitStatus run(const RollbackOptions& options);
[[nodiscard]] ExitStatus run(const RemoveOptions& options);
[[nodiscard]] ExitStatus run(const CheckOptions& options);
[[nodiscard]] ExitStatus run(const ImportOptions& options);
/// Prints it.
[[nodiscard]] ExitStatus run(const Printed& printed);

/// Where a query writes.
struct Answer {
  std::ostream& out;
  std::ostream& err;
  bool json = false;
  std::size_t width = 0;  // of lines; 0: no limit
  int verbosity = 0;
  const Interrupt* interrupt = nullptr;
};
[[nodiscard]] ExitStatus show_status(Remote& remote, const Answer& answer);
[[nodiscard]] ExitStatus list_history(Remote& remote, int limit, const Answer& answer);
[[nodiscard]] ExitStatus show_finished(Remote& remote, const IdPrefix& id, const Answer& answer);
/// Draws one, without `id` the last, into a file; «-»: standard output.
[[nodiscard]] ExitStatus plot_finished(Remote& remote, const std::optional<IdPrefix>& id,
                                       const std::string& file, const Answer& answer);
[[nodiscard]] ExitStatus confirm(Remote& remote, const std::optional<IdPrefix>& id, const Answer& answer);
[[nodiscard]] ExitStatus cancel(Remote& remote, const std::optional<IdPrefix>& id, const Answer& answer);
/// Connects itself: whether that works is part of the answer. `gate` is that of a manifest.
[[nodiscard]] ExitStatus check(Remote& remote, const Interrupt& interrupt, const Answer& answer,
                               const GatePolicy& gate = {});
/// Without an id: the activation that runs. Connects itself.
[[nodiscard]] ExitStatus watch(Remote& remote, const std::optional<IdPrefix>& id, Display& display,
                               const Interrupt& interrupt, const FollowSettings& settings);

using OnNode = std::function<ExitStatus(const NodeAddress&, const Interrupt&)>;
/// Runs `verb` for each node that is meant, one after another. Returns what counts most of how they end.
[[nodiscard]] ExitStatus on_nodes(const CommonOptions& common, const OnNode& verb);
/// The same for what can only be meant of one node.
[[nodiscard]] ExitStatus on_one_node(const CommonOptions& common, const OnNode& verb);
/// `verb` after a login.
using OnHost = std::function<ExitStatus(Remote&, const Answer&)>;
[[nodiscard]] OnNode logged_in(const CommonOptions& common, OnHost verb);

/// On the standard streams.
[[nodiscard]] Answer answer_for(const CommonOptions& common, const Interrupt& interrupt);
[[nodiscard]] FollowSettings follow_settings(const NodeAddress& address);
/// Says what went wrong. Returns the exit status that belongs to it.
[[nodiscard]] ExitStatus complain(const Error& error, const std::string& node, const Answer& answer);
[[nodiscard]] ExitStatus complain(const ActFailure& failure, const std::string& node, const Answer& answer);
/// Says what is wrong with the command line or the manifest, or why nothing could be begun.
[[nodiscard]] ExitStatus refuse(const Error& error);
/// One JSON document a line.
void write_document(nlohmann::json document, const std::string& node, std::ostream& out);

}  // namespace switchback
