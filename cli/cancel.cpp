// SPDX-License-Identifier: MIT
#include "cli/verbs.hpp"
#include "cli/words.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace switchback {
namespace {

/// Too late, but the host may well be where the cancel wanted it.
ExitStatus late_status(Outcome outcome) {
  const bool kept = outcome == Outcome::committed || outcome == Outcome::committed_unhealthy;
  return kept ? ExitStatus::nothing_changed : exit_status(outcome);
}

}  // namespace

ExitStatus cancel(Remote& remote, const std::optional<IdPrefix>& id, const Answer& answer) {
  const auto call = [](const ActivationId& target) {
    return Call{.method = std::string(kInterface) + ".Cancel",
                .parameters = to_json(CancelRequest{target, "switchback cancel"})};
  };
  const auto acted = act_on(remote, id, call, answer.interrupt);
  if (!acted) return complain(acted.error(), remote.name(), answer);
  const auto& activation = acted->activation;
  if (answer.json) {
    write_document(to_json(activation), remote.name(), answer.out);
  } else if (acted->late) {
    answer.err << remote.name() << ": too late: " << outcome_text(*activation.outcome) << '\n';
  } else {
    answer.out << remote.name() << ": cancelled; activation " << activation.id.short_text() << " is "
               << text(activation.phase) << '\n';
    if (acted->before == Phase::awaiting_boot) {
      answer.out
          << "A reboot that was asked for already is not called off by that; the host comes up with what it "
             "runs now\n";
    }
  }
  return acted->late ? late_status(activation.outcome->outcome) : ExitStatus::done;
}

ExitStatus run(const CancelOptions& options) {
  return on_one_node(options.common, logged_in(options.common, [&](Remote& remote, const Answer& answer) {
                       return cancel(remote, options.id, answer);
                     }));
}

}  // namespace switchback
