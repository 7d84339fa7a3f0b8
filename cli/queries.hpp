// SPDX-License-Identifier: MIT
// What verbs ask a host without activating anything: its status, its history, which activation is meant, and
// that one be confirmed or cancelled.
#pragma once

#include "activator/protocol/status.hpp"
#include "cli/finished_activation.hpp"
#include "cli/id_prefix.hpp"
#include "cli/interrupt.hpp"
#include "cli/remote.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace switchback {

/// `call` of the activator's interface. Errors: also refused when interrupted.
[[nodiscard]] Result<Reply> query(Remote& remote, const char* member, nlohmann::json parameters,
                                  const Interrupt* interrupt);

[[nodiscard]] Result<HostStatus> host_status(Remote& remote, const Interrupt* interrupt);
struct History {
  std::vector<FinishedActivation> activations;  // newest first
  std::size_t unreadable = 0;                   // those that this version cannot read
};
/// At most `limit`; fewer if they are long.
[[nodiscard]] Result<History> host_history(Remote& remote, int limit, const Interrupt* interrupt);
/// Errors: no_such_activation when nothing was activated yet.
[[nodiscard]] Result<FinishedActivation> find_last(Remote& remote, const Interrupt* interrupt);
/// The one of the history that `id` begins. Errors: no_such_activation; invalid_request when it begins
/// several.
[[nodiscard]] Result<FinishedActivation> find_finished(Remote& remote, const IdPrefix& id,
                                                       const Interrupt* interrupt);

/// An activation that is meant; with what its status tells if that was asked for.
struct Meant {
  ActivationId id;
  std::optional<ActivationStatus> running{};
};
/// Without `id`: the one that runs. Errors: no_such_activation; invalid_request when `id` begins several.
[[nodiscard]] Result<Meant> find_meant(Remote& remote, const std::optional<IdPrefix>& id,
                                       const Interrupt* interrupt);

/// Confirm or Cancel of `id`. Called too late, it tells what has become of the activation, with its outcome.
struct Acted {
  ActivationStatus activation;
  bool late = false;
  std::optional<Phase> before{};  // in which it was then, if that was asked
};
/// Errors: with `unknown`, whether it was heard is not known.
struct ActFailure {
  Error error;
  bool unknown = false;
};
[[nodiscard]] tl::expected<Acted, ActFailure> act_on(Remote& remote, const std::optional<IdPrefix>& id,
                                                     const std::function<Call(const ActivationId&)>& call,
                                                     const Interrupt* interrupt);

}  // namespace switchback
