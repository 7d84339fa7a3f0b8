// SPDX-License-Identifier: MIT
#include "cli/exit_status.hpp"
#include "cli/verbs.hpp"

namespace switchback {
namespace {

ExitStatus give_up(Display& display, const Error& error) {
  const auto status = exit_status(error.code);
  display.failure(error, status);
  return status;
}

}  // namespace

ExitStatus watch(Remote& remote, const std::optional<IdPrefix>& id, Display& display,
                 const Interrupt& interrupt, const FollowSettings& settings) {
  display.step({"connect", StepState::begun, ""});
  if (settings.may_prompt) display.make_room();
  const auto meant = remote.connect(interrupt).and_then([&] { return find_meant(remote, id, &interrupt); });
  if (!meant) {
    display.step({"connect", StepState::failed, meant.error().message});
    return give_up(display, meant.error());
  }
  const auto& running = meant->running;
  const auto by = running && !running->holder.empty() ? " of " + running->holder : "";
  display.step({"connect", StepState::done, "activation " + meant->id.short_text() + by});
  Follower follower(remote, display, interrupt, watched(meant->id), settings);
  if (running) follower.left_of(running->phase, running->seconds_left);
  const auto end = follower.run();
  if (end) return exit_status(std::get<OutcomeEvent>(*end).outcome);
  if (!follower.unknown()) return give_up(display, end.error());
  display.failure({end.error().code, end.error().message + "\nto come back to it:\n    switchback watch " +
                                         settings.where + " " + meant->id.text()},
                  ExitStatus::unknown);
  return ExitStatus::unknown;
}

ExitStatus run(const WatchOptions& options) {
  const auto& common = options.common;
  return on_one_node(common, [&](const NodeAddress& address, const Interrupt& interrupt) {
    const auto remote = make_remote(address);
    const auto display = make_watching_display(remote->name(), common.json, common.verbosity);
    return watch(*remote, options.id, *display, interrupt, follow_settings(address));
  });
}

}  // namespace switchback
