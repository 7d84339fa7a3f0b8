// SPDX-License-Identifier: MIT
#include "cli/queries.hpp"

#include "activator/protocol/names.hpp"
#include "cli/versions.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace switchback {
namespace {

// A confirm is answered when the commit is durable.
constexpr std::chrono::minutes kActTimeout{2};
constexpr int kWholeHistory = 100;

const Waker* waker_of(const Interrupt* interrupt) {
  return interrupt != nullptr ? &interrupt->waker() : nullptr;
}

bool is_interrupted(const Interrupt* interrupt) { return interrupt != nullptr && interrupt->count() > 0; }

Error no_activation(const Remote& remote, const IdPrefix& id) {
  return {Errc::no_such_activation,
          remote.name() + " knows no activation " + id.text() + "; switchback history lists the last ones"};
}

tl::unexpected<ActFailure> act_failure(Error error, bool unknown = false) {
  return tl::make_unexpected(ActFailure{std::move(error), unknown});
}

}  // namespace

Result<Reply> query(Remote& remote, const char* member, nlohmann::json parameters,
                    const Interrupt* interrupt) {
  const Call call{.method = std::string(kInterface) + "." + member, .parameters = std::move(parameters)};
  auto reply = remote.ask(Way::shared, call, kAnswerTimeout, waker_of(interrupt));
  if (is_interrupted(interrupt)) return fail(Errc::refused, "interrupted");
  if (!reply) return tl::make_unexpected(with_versions(reply.error(), remote, waker_of(interrupt)));
  return reply;
}

Result<HostStatus> host_status(Remote& remote, const Interrupt* interrupt) {
  const auto reply = query(remote, "Status", nlohmann::json::object(), interrupt);
  if (!reply) return tl::make_unexpected(reply.error());
  return parse_host_status(reply->parameters);
}

Result<History> host_history(Remote& remote, int limit, const Interrupt* interrupt) {
  const auto reply = query(remote, "History", {{"limit", limit}}, interrupt);
  if (!reply) return tl::make_unexpected(reply.error());
  History out;
  for (const auto& document : reply->parameters.value("activations", nlohmann::json::array())) {
    auto finished = parse_finished_activation(document);
    if (finished)
      out.activations.push_back(std::move(*finished));
    else
      ++out.unreadable;
  }
  return out;
}

Result<FinishedActivation> find_last(Remote& remote, const Interrupt* interrupt) {
  auto newest = host_history(remote, 1, interrupt);
  if (!newest) return tl::make_unexpected(newest.error());
  if (newest->activations.empty()) {
    return fail(Errc::no_such_activation,
                newest->unreadable > 0
                    ? "the last activation of " + remote.name() + " cannot be read by this version"
                    : "nothing was activated yet on " + remote.name());
  }
  return std::move(newest->activations.front());
}

Result<FinishedActivation> find_finished(Remote& remote, const IdPrefix& id, const Interrupt* interrupt) {
  auto all = host_history(remote, kWholeHistory, interrupt);
  if (!all) return tl::make_unexpected(all.error());
  std::optional<FinishedActivation> found;
  for (auto& finished : all->activations) {
    if (!id.begins(finished.id)) continue;
    if (found) {
      return fail(Errc::invalid_request, "several activations begin with " + id.text() + ", such as " +
                                             found->id.text() + " and " + finished.id.text() +
                                             ": give more digits");
    }
    found = std::move(finished);
  }
  if (!found) return tl::make_unexpected(no_activation(remote, id));
  return std::move(*found);
}

Result<Meant> find_meant(Remote& remote, const std::optional<IdPrefix>& id, const Interrupt* interrupt) {
  const auto status = host_status(remote, interrupt);
  if (!status) return tl::make_unexpected(status.error());
  const bool runs = status->running && !status->running->outcome;
  if (runs && (!id || id->begins(status->running->id))) return Meant{status->running->id, status->running};
  if (!id) {
    return fail(Errc::no_such_activation, "no activation runs on " + remote.name() +
                                              "; switchback history lists those that have ended");
  }
  // One that the list leaves out, as the oldest of long ones, the host may know all the same.
  if (auto whole = id->whole()) return Meant{std::move(*whole)};
  const auto finished = find_finished(remote, *id, interrupt);
  if (!finished) return tl::make_unexpected(finished.error());
  return Meant{finished->id};
}

tl::expected<Acted, ActFailure> act_on(Remote& remote, const std::optional<IdPrefix>& id,
                                       const std::function<Call(const ActivationId&)>& call,
                                       const Interrupt* interrupt) {
  const auto whole = id ? id->whole() : std::nullopt;
  const auto meant = whole ? Result<Meant>(Meant{*whole}) : find_meant(remote, id, interrupt);
  if (!meant) return act_failure(meant.error());
  const auto* waker = waker_of(interrupt);
  // A first word over this connection: if it fails nothing was confirmed or cancelled.
  auto greeted = remote.greet(Way::shared, kAnswerTimeout, waker);
  if (is_interrupted(interrupt)) return act_failure({Errc::refused, "interrupted"});
  if (!greeted) return act_failure(greeted.error());
  const auto reply = greeted->connection.ask(call(meant->id), Clock::now() + kActTimeout, waker);
  if (reply) {
    auto status = parse_activation_status(reply->parameters.value("activation", nlohmann::json()));
    if (!status) return act_failure(status.error(), /*unknown=*/true);
    const auto& running = meant->running;
    return Acted{std::move(*status), false, running ? std::optional(running->phase) : std::nullopt};
  }
  auto error = with_versions(reply.error(), greeted->version, remote.name());
  const bool lost = error.code == Errc::unavailable || error.code == Errc::timeout;
  if (error.code != Errc::wrong_phase) return act_failure(std::move(error), lost);
  // Then what has become of it is the answer.
  const auto status = host_status(remote, interrupt);
  const bool known = status && status->last && status->last->id == meant->id && status->last->outcome;
  if (known) return Acted{*status->last, true};
  return act_failure(std::move(error));
}

}  // namespace switchback
