// SPDX-License-Identifier: MIT
#include "cli/confirmer.hpp"

#include "activator/protocol/request.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace switchback {
namespace {

constexpr std::chrono::seconds kAttemptTimeout{15};
constexpr std::chrono::seconds kBetweenAttempts{1};

}  // namespace

Confirmer::Confirmer(Remote& remote, ActivationId id, Clock::time_point deadline, const Waker& changed)
    : remote_(remote), id_(std::move(id)), deadline_(deadline), changed_(changed), thread_([this] {
        run();
      }) {}

Confirmer::~Confirmer() {
  stopping_ = true;
  stop_.wake();
  thread_.join();
}

std::optional<Confirmer::News> Confirmer::take_news() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, std::nullopt);
}

void Confirmer::tell(News news) {
  const std::lock_guard lock(mutex_);
  news_ = std::move(news);
  changed_.wake();  // before the news can be taken: whoever has it may let the waker go
}

void Confirmer::run() {
  const Call call{.method = std::string(kInterface) + ".Confirm", .parameters = to_json(ConfirmRequest{id_})};
  std::optional<Errc> last_failure;
  while (!stopping_ && Clock::now() < deadline_) {
    const auto begun = Clock::now();
    // Kept until the news is told: a login takes a while to end.
    auto connection = remote_.open(Way::fresh);
    const auto reply = connection ? connection->ask(call, begun + kAttemptTimeout, &stop_)
                                  : tl::make_unexpected(connection.error());
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
    if (stopping_) return;
    if (reply) return tell({true, took, ""});
    // The host has decided without us: its events tell how.
    if (reply.error().code == Errc::wrong_phase) return;
    if (reply.error().code != last_failure) tell({false, took, reply.error().message});
    last_failure = reply.error().code;
    stop_.sleep_until(std::min(deadline_, Clock::now() + kBetweenAttempts));
  }
}

}  // namespace switchback
