// SPDX-License-Identifier: MIT
#include "activator/protocol/status.hpp"
#include "cli/copy.hpp"
#include "cli/exit_status.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace switchback {
namespace {

Error busy(const ActivationStatus& holder) {
  std::string message = "busy: activation " + holder.id.short_text();
  if (!holder.holder.empty()) message += " of " + printable(holder.holder);
  message += " is " + std::string(text(holder.phase));
  if (holder.seconds_left)
    message += ", for at most " + std::to_string(std::llround(*holder.seconds_left)) + " s";
  return {Errc::busy, message};
}

/// Is there an activator, and is the host free? Asked before anything is copied.
Result<std::string> preflight(const Deployment& with) {
  const auto reply = with.remote.ask(Way::shared, {.method = std::string(kInterface) + ".Status"},
                                     kAnswerTimeout, &with.interrupt.waker());
  if (with.interrupt.count() > 0) {
    return fail(Errc::refused, "interrupted; nothing has changed on " + with.remote.name());
  }
  if (!reply) return tl::make_unexpected(reply.error());
  const auto status = parse_host_status(reply->parameters);
  if (!status) return tl::make_unexpected(status.error());
  if (status->running && !status->running->outcome) {
    return tl::make_unexpected(busy(*status->running));
  }
  if (!status->trouble.empty()) with.display.note("trouble on the host: " + status->trouble);
  return printable(status->version);
}

ExitStatus give_up(Display& display, const Error& error) {
  const auto status = exit_status(error.code);
  display.failure(error, status);
  return status;
}

}  // namespace

ExitStatus deploy(const ActivateRequest& request, const Deployment& with) {
  auto& display = with.display;
  display.step({"connect", StepState::begun, ""});
  if (with.follow.may_prompt) display.make_room();
  auto connected = with.connect().and_then([&] { return preflight(with); });
  if (!connected) {
    display.step({"connect", StepState::failed, connected.error().message});
    return give_up(display, connected.error());
  }
  display.step({"connect", StepState::done, "activator " + *connected});

  const auto& closure = *request.changes.front().closure;
  display.step({"copy", StepState::begun, closure.text()});
  display.make_room();  // nix writes on the terminal itself
  if (const auto copied = with.copy(); !copied) {
    display.step({"copy", StepState::failed, copied.error().message});
    return give_up(display, copied.error());
  }
  display.step({"copy", StepState::done, closure.name()});

  Follower follower(with.remote, display, with.interrupt, request, with.follow);
  const auto outcome = follower.run();
  if (outcome) return exit_status(outcome->outcome);
  if (!follower.unknown()) return give_up(display, outcome.error());
  display.failure({outcome.error().code, outcome.error().message + "\nthe outcome is unknown; " +
                                             with.follow.status_command + " tells"},
                  ExitStatus::unknown);
  return ExitStatus::unknown;
}

ExitStatus run(const DeployOptions& options) {
  const auto& common = options.common;
  const SignalInterrupt interrupt;
  SshRemote remote(ssh_settings(common));
  const auto display = make_display(remote.name(), common.json, common.verbosity);
  const auto& closure = *options.request.changes.front().closure;
  if (const auto there = check_in_store(closure); !there) return give_up(*display, there.error());
  return deploy(options.request,
                {.remote = remote,
                 .display = *display,
                 .interrupt = interrupt,
                 .connect = [&] { return remote.connect(interrupt); },
                 .copy = [&] { return copy_closure(closure, remote, interrupt); },
                 .follow = {.may_prompt = !remote.settings().batch,
                            .confirm_command = "switchback confirm --host " + common.destination,
                            .status_command = "switchback status --host " + common.destination}});
}

}  // namespace switchback
