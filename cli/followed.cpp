// SPDX-License-Identifier: MIT
#include "cli/followed.hpp"

#include "activator/protocol/names.hpp"

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
      .patience = 2 * how.activation_timeout + how.gate.deadline + how.confirm_timeout + kRevertAllowance};
}

}  // namespace

Followed activation(const ActivateRequest& request) {
  return begun_by(streaming("Activate", to_json(request)), request);
}

Followed rollback(const RollbackRequest& request) {
  return begun_by(streaming("Rollback", to_json(request)), request.how);
}

Followed removal(const RemoveRequest& request) {
  return begun_by(streaming("Remove", to_json(request)), request.how);
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
