// SPDX-License-Identifier: MIT
#include "cli/verbs.hpp"
#include "cli/words.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace switchback {

ExitStatus confirm(Remote& remote, const std::optional<IdPrefix>& id, const Answer& answer) {
  const auto call = [](const ActivationId& target) {
    return Call{.method = std::string(kInterface) + ".Confirm",
                .parameters = to_json(ConfirmRequest{target})};
  };
  const auto acted = act_on(remote, id, call, answer.interrupt);
  if (!acted) return complain(acted.error(), remote.name(), answer);
  const auto& activation = acted->activation;
  if (answer.json) {
    write_document(to_json(activation), remote.name(), answer.out);
  } else if (acted->late) {
    answer.err << remote.name() << ": too late: " << outcome_text(*activation.outcome) << '\n';
  } else if (activation.outcome) {
    answer.out << remote.name() << ": confirmed; " << outcome_text(*activation.outcome) << '\n';
  } else if (activation.phase == Phase::observing) {
    answer.out << remote.name() << ": confirmed; it is kept as soon as it is found healthy\n";
  } else {
    answer.out << remote.name() << ": confirmed; it is " << text(activation.phase) << '\n';
  }
  return acted->late ? exit_status(activation.outcome->outcome) : ExitStatus::done;
}

ExitStatus run(const ConfirmOptions& options) {
  // Its own login is a new one, as a confirm needs: only what one command opens is shared.
  return on_one_node(options.common, logged_in(options.common, [&](Remote& remote, const Answer& answer) {
                       return confirm(remote, options.id, answer);
                     }));
}

}  // namespace switchback
