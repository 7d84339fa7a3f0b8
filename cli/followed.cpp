// SPDX-License-Identifier: MIT
#include "cli/followed.hpp"

#include "activator/protocol/names.hpp"
#include "cli/pusher_checks.hpp"

namespace switchback {
namespace {

constexpr std::chrono::minutes kRevertAllowance{5};  // two attempts, and a boot in between

Call streaming(const char* member, nlohmann::json parameters) {
  return {
      .method = std::string(kInterface) + "." + member, .parameters = std::move(parameters), .more = true};
}

Followed begun_by(Call call, const ActivateRequest& how) {
  return {
      .call = std::move(call),
      .id = how.id,
      .mode = how.mode,
      .confirm = how.confirm,
      .confirm_timeout = how.confirm_timeout,
      .gate_deadline = how.gate.deadline,
      .reboot = how.reboot,
      .checks = checks_of_side(how.gate, CheckSide::pusher),
      .patience = 2 * how.activation_timeout + how.gate.deadline + how.confirm_timeout + kRevertAllowance};
}

/// What the host is told: the pusher's checks are no business of its.
ActivateRequest for_host(ActivateRequest request) {
  request.gate.checks = checks_of_side(request.gate, CheckSide::host);
  return request;
}

}  // namespace

Followed activation(const ActivateRequest& request) {
  return begun_by(streaming("Activate", to_json(for_host(request))), request);
}

Followed rollback(const RollbackRequest& request) {
  auto asked = request;
  asked.how = for_host(request.how);
  return begun_by(streaming("Rollback", to_json(asked)), request.how);
}

Followed removal(const RemoveRequest& request) {
  auto asked = request;
  asked.how = for_host(request.how);
  return begun_by(streaming("Remove", to_json(asked)), request.how);
}

Followed watched(const ActivationId& id) {
  // Its deadlines are not told: those of an activation by default.
  auto out = begun_by(watch_call(id, 0), {.id = id, .changes = {}, .gate = {}, .note = {}});
  out.ours = false;
  out.confirm = ConfirmMode::none;
  return out;
}

Call watch_call(const ActivationId& id, std::uint64_t after) {
  return streaming("Watch", to_json(WatchRequest{id, after}));
}

}  // namespace switchback
