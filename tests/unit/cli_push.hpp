// SPDX-License-Identifier: MIT
// One activation from the pusher's side, against a scripted host that is free when it is asked first.
#pragma once

#include "cli/attempt.hpp"
#include "cli/text.hpp"
#include "tests/unit/fake_activator.hpp"

#include <functional>
#include <optional>
#include <sstream>
#include <string>

namespace switchback::test {

inline const std::string kWeb1 = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1";
inline const std::string kWeb2 = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-2";
inline const auto kSomeId = *ActivationId::parse("0123456789abcdef0123456789abcdef");

/// Of web-2 for profile app.
ActivateRequest request(ConfirmMode confirm = ConfirmMode::none);
OutcomeEvent committed();
OutcomeEvent reverted();
/// A status in which somebody's activation runs.
HostStatus held_host(Phase phase = Phase::awaiting_confirmation, double seconds_left = 512.4);

struct Push {
  FakeRemote remote;
  FakeInterrupt interrupt;
  std::ostringstream out;
  std::ostringstream err;
  std::size_t width = 0;
  int copies_begun = 0;
  int copies = 0;      // that were waited for
  bool copied = true;  // whether there is something to copy
  std::optional<std::chrono::milliseconds> wait;
  std::chrono::milliseconds patience{20'000};
  std::chrono::milliseconds reboot_timeout{600'000};
  std::function<void(const OutcomeEvent&, Display&)> planned;  // before a dry run's outcome is shown

  explicit Push(const HostStatus& status = quiet_host());

  Ended attempt(const Followed& what);
  int run(const Followed& what) { return static_cast<int>(attempt(what).status); }
  int run(const ActivateRequest& request) { return run(activation(request)); }
  [[nodiscard]] std::string shown() const { return err.str() + out.str(); }
};

}  // namespace switchback::test
