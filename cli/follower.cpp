// SPDX-License-Identifier: MIT
#include "cli/follower.hpp"

#include "activator/protocol/event.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace switchback {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{250};
constexpr milliseconds kConfirmNewsWait{1000};
constexpr double kLongestWindow = 86'400;            // seconds, of what a host may say
constexpr std::chrono::minutes kRevertAllowance{5};  // two attempts, and a boot in between

std::string method(const char* member) { return std::string(kInterface) + "." + member; }

}  // namespace

Follower::Follower(Remote& remote, Display& display, const Interrupt& interrupt, ActivateRequest request,
                   FollowSettings settings)
    : remote_(remote),
      display_(display),
      interrupt_(interrupt),
      request_(std::move(request)),
      settings_(std::move(settings)),
      pause_(settings_.first_retry) {}

Result<OutcomeEvent> Follower::run() {
  auto status = begin();
  if (!status) return tl::make_unexpected(status.error());
  status = read_events();
  while (!outcome_) {
    if (final_) return tl::make_unexpected(status.error());
    status = regain(status.error());
    if (status) status = read_events();
  }
  return *outcome_;
}

Status Follower::begin() {
  auto connection = remote_.open(Way::shared);
  if (!connection) return tl::make_unexpected(connection.error());
  // A first word over this connection: if it fails the host has certainly not begun.
  const auto hello = connection->ask({.method = std::string(kVarlinkInterface) + ".GetInfo"},
                                     Clock::now() + kAnswerTimeout, &interrupt_.waker());
  if (interrupt_.count() > 0)
    return fail(Errc::refused, "interrupted; nothing has changed on " + remote_.name());
  if (!hello) return tl::make_unexpected(hello.error());
  connection_ = std::move(*connection);
  sent_ = true;
  // If this fails, so does the reading that follows.
  static_cast<void>(
      connection_->call({.method = method("Activate"), .parameters = to_json(request_), .more = true}));
  return {};
}

Status Follower::read_events() {
  while (!outcome_) {
    if (auto obeyed = obey_interrupts(); !obeyed) return obeyed;
    auto reply = connection_->next(Clock::now() + kTick, &interrupt_.waker());
    if (!reply) return tl::make_unexpected(reply.error());
    // Cleared before what woke it is looked at, so that nothing is missed.
    interrupt_.waker().clear();
    show_confirm_news();
    if (!*reply) {
      display_.tick();
      continue;
    }
    if (auto taken = take(**reply); !taken) return taken;
  }
  return {};
}

Status Follower::take(const Reply& reply) {
  if (reply.error) return answered_with_error(reply);
  accepted_ = true;
  lost_at_.reset();
  pause_ = settings_.first_retry;
  if (const auto raw = reply.parameters.find("event"); raw != reply.parameters.end()) {
    const auto event = parse_event(*raw);
    if (!event)
      display_.note("the host tells what this version cannot read: " + event.error().message);
    else if (*event && (*event)->activation == request_.id)
      take(**event, *raw);
  }
  if (reply.continues || outcome_) return {};
  return fail(Errc::unavailable, "the activator stopped telling");
}

Status Follower::answered_with_error(const Reply& reply) {
  auto error = error_of(reply);
  const bool forgotten = error.code == Errc::no_such_activation;
  // An error to Activate says that it does not begin; to Watch, that of an unknown id alone says so.
  const bool watching = lost_at_.has_value() || accepted_;
  if (watching && !forgotten) return tl::make_unexpected(std::move(error));
  final_ = true;
  rejected_ = !accepted_;
  if (!watching) return tl::make_unexpected(std::move(error));
  if (!accepted_) return fail(Errc::unavailable, last_loss_ + "; nothing has changed on " + remote_.name());
  return tl::make_unexpected(std::move(error));
}

void Follower::take(const Event& event, const nlohmann::json& raw) {
  last_seq_ = std::max(last_seq_, event.seq);
  if (const auto* outcome = std::get_if<OutcomeEvent>(&event.body)) {
    if (outcome->outcome == Outcome::committed) await_confirm_news();
    outcome_ = *outcome;
  }
  display_.event(event, raw);
  if (const auto* phase = std::get_if<PhaseEvent>(&event.body)) react(*phase);
}

void Follower::react(const PhaseEvent& phase) {
  // Not while committing: the attempt that was heard is answered only when the commit is durable.
  if (phase.phase != Phase::awaiting_confirmation && phase.phase != Phase::committing) confirmer_.reset();
  if (phase.phase != Phase::awaiting_confirmation || cancel_sent_) return;
  if (request_.confirm == ConfirmMode::manual) {
    return display_.note("to keep it: " + settings_.confirm_command + " " + request_.id.text());
  }
  if (confirmer_ || request_.confirm != ConfirmMode::automatic) return;
  const auto window =
      phase.deadline ? milliseconds(std::llround(std::clamp(*phase.deadline, 0.0, kLongestWindow) * 1000))
                     : request_.confirm_timeout;
  display_.step({"confirm", StepState::begun, ""});
  if (settings_.may_prompt) display_.make_room();
  confirmer_ = std::make_unique<Confirmer>(remote_, request_.id, Clock::now() + window, interrupt_.waker());
}

/// The answer to the confirm and the outcome come over two connections, at the same moment.
void Follower::await_confirm_news() {
  const auto until = Clock::now() + kConfirmNewsWait;
  while (confirmer_ && Clock::now() < until) {
    interrupt_.waker().clear();
    show_confirm_news();
    if (confirmer_) interrupt_.waker().sleep_until(until);
  }
}

void Follower::show_confirm_news() {
  const auto news = confirmer_ ? confirmer_->take_news() : std::nullopt;
  if (!news) return;
  if (!news->confirmed) return display_.note("not confirmed yet: " + news->failure);
  display_.step({"confirm", StepState::done, "over a new connection"});
  confirmer_.reset();
}

Status Follower::obey_interrupts() {
  if (interrupt_.count() >= 2) {
    final_ = true;
    return fail(Errc::timeout, "left alone: activation " + request_.id.short_text() + " goes on without you");
  }
  if (interrupt_.count() == 1 && !cancel_sent_) cancel();
  return {};
}

void Follower::cancel() {
  cancel_sent_ = true;
  confirmer_.reset();
  display_.note("interrupted: " + remote_.name() + " is told to revert; interrupt again not to wait for it");
  interrupt_.waker().clear();
  if (interrupt_.count() >= 2) return;
  const CancelRequest request{request_.id, "interrupted by its pusher"};
  const auto reply = remote_.ask(Way::shared, {.method = method("Cancel"), .parameters = to_json(request)},
                                 kAnswerTimeout, &interrupt_.waker());
  if (!reply && interrupt_.count() < 2) display_.note("not cancelled: " + reply.error().message);
}

milliseconds Follower::patience() const {
  if (settings_.patience.count() > 0) return settings_.patience;
  return 2 * request_.activation_timeout + request_.gate.deadline + request_.confirm_timeout +
         kRevertAllowance;
}

/// Waits a while and asks again over a new connection. Errors: only when it is time to give up.
Status Follower::regain(const Error& lost) {
  connection_.reset();
  if (!lost_at_ || lost.message != last_loss_) {
    display_.note("contact lost: " + lost.message + "; the host goes on by itself, asking it again");
  }
  if (!lost_at_) lost_at_ = Clock::now();
  last_loss_ = lost.message;
  const auto give_up = *lost_at_ + patience();
  const auto until =
      std::min(give_up, Clock::now() + std::exchange(pause_, std::min(pause_ * 2, settings_.longest_retry)));
  const int interrupts = interrupt_.count();
  while (Clock::now() < until && interrupt_.count() == interrupts) {
    interrupt_.waker().sleep_until(std::min(until, Clock::now() + kTick));
    interrupt_.waker().clear();
    show_confirm_news();
    display_.tick();
  }
  if (Clock::now() >= give_up) {
    final_ = true;
    return fail(Errc::timeout, "contact lost and not regained: " + lost.message);
  }
  if (interrupt_.count() == 1) cancel_sent_ = false;  // that it was heard is not known
  auto connection = remote_.open(Way::shared);
  if (!connection) return tl::make_unexpected(connection.error());
  connection_ = std::move(*connection);
  const WatchRequest request{request_.id, last_seq_};
  return connection_->call({.method = method("Watch"), .parameters = to_json(request), .more = true});
}

}  // namespace switchback
