// SPDX-License-Identifier: MIT
#include "cli/verbs.hpp"

#include "cli/exit_status.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>

namespace switchback {
namespace {

// A confirm is answered when the commit is durable.
constexpr std::chrono::minutes kActTimeout{2};

Result<HostStatus> host_status(Remote& remote) {
  const auto reply = remote.ask(Way::shared, {.method = std::string(kInterface) + ".Status"});
  if (!reply) return tl::make_unexpected(reply.error());
  return parse_host_status(reply->parameters);
}

Result<ActivationId> running_activation(Remote& remote) {
  const auto status = host_status(remote);
  if (!status) return tl::make_unexpected(status.error());
  if (status->running) return status->running->id;
  return fail(Errc::no_such_activation, "no activation runs on " + remote.name());
}

}  // namespace

ExitStatus run(const Printed& printed) {
  std::cout << printed.text << std::flush;
  return ExitStatus::done;
}

SshSettings ssh_settings(const CommonOptions& common) {
  const char* variable = std::getenv("NIX_SSHOPTS");
  SshSettings settings{common.destination, common.ssh_options, !has_terminal()};
  // After the flags: ssh takes the first of two.
  for (auto& word : split_words(variable != nullptr ? variable : "")) {
    settings.user_options.push_back(std::move(word));
  }
  return settings;
}

ExitStatus on_host(const CommonOptions& common,
                   const std::function<ExitStatus(Remote&, const Answer&)>& verb) {
  const Answer answer{std::cout, std::cerr, common.json};
  const SignalInterrupt interrupt;
  SshRemote remote(ssh_settings(common));
  const auto connected = remote.connect(interrupt);
  if (!connected) return complain(connected.error(), remote.name(), answer);
  return verb(remote, answer);
}

ExitStatus complain(const Error& error, const std::string& node, const Answer& answer) {
  const auto status = exit_status(error.code);
  const DisplaySettings settings{.node = node};
  const auto display =
      answer.json ? json_display(settings, answer.out) : plain_display(settings, answer.out, answer.err);
  display->failure(error, status);
  return status;
}

Result<Acted> act_on(Remote& remote, const std::optional<ActivationId>& id,
                     const std::function<Call(const ActivationId&)>& call) {
  const auto target = id ? Result<ActivationId>(*id) : running_activation(remote);
  if (!target) return tl::make_unexpected(target.error());
  const auto reply = remote.ask(Way::shared, call(*target), kActTimeout);
  if (reply) {
    auto status = parse_activation_status(reply->parameters.value("activation", nlohmann::json()));
    if (!status) return tl::make_unexpected(status.error());
    return Acted{std::move(*status), false};
  }
  if (reply.error().code != Errc::wrong_phase) return tl::make_unexpected(reply.error());
  // Then what has become of it is the answer.
  const auto status = host_status(remote);
  const bool known = status && status->last && status->last->id == *target && status->last->outcome;
  if (known) return Acted{*status->last, true};
  return tl::make_unexpected(reply.error());
}

}  // namespace switchback
