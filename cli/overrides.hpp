// SPDX-License-Identifier: MIT
// What the command line says against a manifest or a default: a flag that was not given is told from one that
// was. Decides how each is laid over an activation; not what a manifest says, nor what the flags are called.
#pragma once

#include "activator/protocol/request.hpp"
#include "cli/check_says.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// The gate's options; a list adds to what the levels of a manifest list.
struct GateOverrides {
  std::optional<std::chrono::milliseconds> soak{};
  std::optional<std::chrono::milliseconds> deadline{};
  std::vector<std::string> critical{};
  std::vector<std::string> ignore{};
  std::vector<std::string> expect_failed{};
  std::optional<int> flap_limit{};
  std::optional<bool> strict{};
  std::optional<Prefailing> prefailing{};
  CheckSays checks{};
};

struct Overrides {
  // Of every activation.
  GateOverrides gate{};
  std::optional<ConfirmMode> confirm{};  // --confirm; magic_rollback = false is «none» too
  std::optional<std::chrono::milliseconds> confirm_timeout{};
  std::optional<std::chrono::milliseconds> activation_timeout{};
  std::optional<bool> auto_rollback{};
  std::optional<bool> magic_rollback{};

  // Of every selected profile.
  std::optional<Kind> kind{};
  std::optional<std::string> profile_user{};  // --profile-user, --user
  std::optional<std::string> profile_path{};

  // Of every selected node.
  std::optional<std::string> hostname{};
  std::optional<std::string> ssh_user{};
  std::optional<std::vector<std::string>> ssh_options{};  // takes the place of sshOpts, as in deploy-rs
  std::optional<bool> fast_connection{};
  std::optional<bool> remote_build{};
  std::optional<bool> check_signatures{};  // -c, --checksigs
  std::optional<std::string> sudo{};
  std::optional<bool> interactive_sudo{};      // deploy-rs's
  std::optional<std::string> temp_path{};      // deploy-rs's
  std::optional<bool> debug_logs{};            // -d, deploy-rs's
  std::optional<std::string> log_directory{};  // --log-dir, deploy-rs's

  // Of the run as a whole.
  std::optional<bool> checks{};  // --checks: true; -s, --skip-checks: false
  std::optional<bool> interactive{};
  std::optional<bool> keep_result{};
  std::optional<std::string> result_path{};  // -r; where the links go
  std::optional<bool> rollback_succeeded{};
  std::optional<std::chrono::milliseconds> reboot_timeout{};  // for a host that reboots
};

/// What confirmTimeout is where nothing is said about it.
[[nodiscard]] inline std::chrono::milliseconds usual_confirm_timeout(ConfirmMode confirm) {
  return confirm == ConfirmMode::manual ? kManualConfirmTimeout : kConfirmTimeout;
}

/// `policy` as the command line wants it, but for its checks: they are laid over one another before anybody
/// knows what they come to.
[[nodiscard]] inline GatePolicy with_overrides(GatePolicy policy, const GateOverrides& over) {
  const auto append = [](std::vector<std::string>& list, const std::vector<std::string>& more) {
    list.insert(list.end(), more.begin(), more.end());
  };
  policy.soak = over.soak.value_or(policy.soak);
  policy.deadline = over.deadline.value_or(policy.deadline);
  append(policy.critical, over.critical);
  append(policy.ignore, over.ignore);
  append(policy.expect_failed, over.expect_failed);
  policy.flap_limit = over.flap_limit.value_or(policy.flap_limit);
  policy.strict = over.strict.value_or(policy.strict);
  policy.prefailing = over.prefailing.value_or(policy.prefailing);
  return policy;
}

/// What is confirmed how, after the command line was asked.
[[nodiscard]] inline ConfirmMode with_overrides(ConfirmMode confirm, const Overrides& over) {
  if (over.confirm) return *over.confirm;
  if (!over.magic_rollback) return confirm;
  if (!*over.magic_rollback) return ConfirmMode::none;
  return confirm == ConfirmMode::none ? ConfirmMode::automatic : confirm;
}

/// Nobody waits for a boot that somebody else makes.
[[nodiscard]] inline bool is_confirmed_by_hand(const ActivateRequest& request) {
  return request.mode == Mode::boot && !request.reboot && request.confirm == ConfirmMode::automatic;
}

/// `request` with everything of `over` that an activation carries. `confirm_timeout` is what a manifest says
/// about it, absent where it says nothing.
[[nodiscard]] inline ActivateRequest with_overrides(
    ActivateRequest request, const Overrides& over,
    std::optional<std::chrono::milliseconds> confirm_timeout = std::nullopt) {
  request.gate = with_overrides(std::move(request.gate), over.gate);
  request.confirm = with_overrides(request.confirm, over);
  const bool by_hand = is_confirmed_by_hand(request);
  if (by_hand) request.confirm = ConfirmMode::manual;
  const auto timeout = over.confirm_timeout ? over.confirm_timeout : confirm_timeout;
  request.confirm_timeout = timeout.value_or(usual_confirm_timeout(request.confirm));
  // What a manifest gives a machine is too short for a person.
  if (by_hand && !over.confirm_timeout)
    request.confirm_timeout =
        std::max<std::chrono::milliseconds>(request.confirm_timeout, kManualConfirmTimeout);
  request.activation_timeout = over.activation_timeout.value_or(request.activation_timeout);
  request.auto_rollback = over.auto_rollback.value_or(request.auto_rollback);
  return request;
}

}  // namespace switchback
