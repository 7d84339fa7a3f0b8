// SPDX-License-Identifier: MIT
#include "cli/verbs.hpp"
#include "cli/words.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace switchback {
namespace {

/// Too late, but the host may well be where the cancel wanted it.
ExitStatus late_status(Outcome outcome) {
  return outcome == Outcome::committed ? ExitStatus::nothing_changed : exit_status(outcome);
}

}  // namespace

ExitStatus cancel(Remote& remote, const std::optional<ActivationId>& id, const Answer& answer) {
  const auto acted = act_on(remote, id, [](const ActivationId& target) {
    return Call{.method = std::string(kInterface) + ".Cancel",
                .parameters = to_json(CancelRequest{target, "switchback cancel"})};
  });
  if (!acted) return complain(acted.error(), remote.name(), answer);
  const auto& activation = acted->activation;
  if (answer.json) {
    auto document = to_json(activation);
    document["node"] = remote.name();
    answer.out << document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  } else if (acted->late) {
    answer.err << remote.name() << ": too late: " << outcome_text(*activation.outcome) << '\n';
  } else {
    answer.out << remote.name() << ": cancelled; activation " << activation.id.short_text() << " is "
               << text(activation.phase) << '\n';
  }
  return acted->late ? late_status(activation.outcome->outcome) : ExitStatus::done;
}

ExitStatus run(const CancelOptions& options) {
  return on_host(options.common,
                 [&](Remote& remote, const Answer& answer) { return cancel(remote, options.id, answer); });
}

}  // namespace switchback
