// SPDX-License-Identifier: MIT
#include "tests/unit/cli_push.hpp"

namespace switchback::test {

ActivateRequest request(ConfirmMode confirm) {
  const ChangeRequest change{.profile = *ProfileName::parse("app"), .closure = *StorePath::parse(kWeb2)};
  ActivateRequest request{.id = ActivationId::random(), .changes = {change}, .gate = {}, .note = ""};
  request.confirm = confirm;
  return request;
}

OutcomeEvent committed() { return {Outcome::committed, {}, {{"app", kWeb2, 12}}}; }

OutcomeEvent reverted() {
  return {Outcome::reverted,
          {{"web.service exited with status 1", "web.service", "exit-code", 1, {}}},
          {{"app", kWeb1, 11}}};
}

HostStatus held_host(Phase phase, double seconds_left) {
  auto status = quiet_host();
  status.running = ActivationStatus{kSomeId, phase, seconds_left, "root («the first»)", std::nullopt};
  return status;
}

Push::Push(const HostStatus& status) {
  remote.on(Way::shared, [status](FakePeer& peer) { peer.answer_status(status); });
}

Ended Push::attempt(const Followed& what) {
  const auto display = plain_display({.node = "web1", .width = width}, out, err);
  Means means{.remote = remote,
              .display = *display,
              .interrupt = interrupt,
              .copied = "web-2",
              .follow = {.where = "--host web1",
                         .host = "web1.example.org",
                         .first_retry = std::chrono::milliseconds(1),
                         .longest_retry = std::chrono::milliseconds(2),
                         .patience = patience,
                         .reboot_timeout = reboot_timeout},
              .wait = wait};
  if (planned) means.follow.planned = [&](const OutcomeEvent& outcome) { planned(outcome, *display); };
  if (copied) {
    means.copy = [this] {
      ++copies_begun;
      return [this] {
        ++copies;
        return Status{};
      };
    };
  }
  return switchback::attempt(what, means);
}

}  // namespace switchback::test
