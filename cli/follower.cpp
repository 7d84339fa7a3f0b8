// SPDX-License-Identifier: MIT
#include "cli/follower.hpp"

#include "activator/protocol/event.hpp"
#include "cli/versions.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace switchback {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{250};
constexpr milliseconds kConfirmNewsWait{1000};
constexpr milliseconds kCancelTimeout{5000};
constexpr double kLongestWindow = 86'400;  // seconds, of what a host may say

std::string seconds_of(milliseconds duration) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

Follower::Follower(Remote& remote, Display& display, const Interrupt& interrupt, Followed what,
                   FollowSettings settings)
    : remote_(remote),
      display_(display),
      interrupt_(interrupt),
      what_(std::move(what)),
      settings_(std::move(settings)),
      pause_(settings_.first_retry) {}

Result<FollowEnd> Follower::run() {
  auto status = begin();
  if (!status) return tl::make_unexpected(status.error());
  status = read_events();
  while (!end_ && !final_) {
    status = regain(status.error());
    if (status) status = read_events();
  }
  stop_asking();
  interrupt_.waker().clear();  // of the confirmer's news: what comes next would take it for an interrupt
  if (!end_) return tl::make_unexpected(status.error());
  return *end_;
}

/// A first word over the connection: if it fails the host has certainly not begun.
Result<Greeted> Follower::greet() {
  if (auto there = std::exchange(greeted_, std::nullopt); there) {
    const auto until = Clock::now() + kAnswerTimeout;
    if (there->connection.ask(hello(), until, &interrupt_.waker())) return std::move(*there);
  }
  return remote_.greet(Way::shared, kAnswerTimeout, &interrupt_.waker());
}

Status Follower::begin() {
  auto greeted = greet();
  if (interrupt_.count() > 0)
    return fail(Errc::refused, "interrupted; nothing has changed on " + remote_.name());
  if (!greeted) return tl::make_unexpected(greeted.error());
  connection_ = std::move(greeted->connection);
  version_ = greeted->version;
  sent_ = true;
  // If this fails, so does the reading that follows.
  static_cast<void>(connection_->call(what_.call));
  return {};
}

Status Follower::read_events() {
  while (!end_) {
    if (auto obeyed = obey_interrupts(); !obeyed) return obeyed;
    auto reply = connection_->next(Clock::now() + kTick, &interrupt_.waker());
    if (!reply) return tl::make_unexpected(reply.error());
    // Cleared before what woke it is looked at, so that nothing is missed.
    interrupt_.waker().clear();
    take_news();
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
    auto event = parse_event(*raw);
    if (!event)
      display_.note("the host tells what this version cannot read: " + event.error().message);
    else if (*event && (*event)->activation == what_.id)
      take(std::move(**event), *raw);
  }
  if (reply.continues || end_) return {};
  return fail(Errc::unavailable, "the activator stopped telling");
}

Status Follower::answered_with_error(const Reply& reply) {
  auto error = error_of(reply);
  const bool forgotten = error.code == Errc::no_such_activation;
  // An error to what begins it says that it does not begin; to Watch, that of an unknown id alone says so.
  const bool watching = lost_at_.has_value() || accepted_;
  if (watching && !forgotten) return tl::make_unexpected(std::move(error));
  final_ = true;
  rejected_ = !accepted_;
  if (!watching) return tl::make_unexpected(with_versions(std::move(error), version_, remote_.name()));
  if (accepted_ || !what_.ours) return tl::make_unexpected(std::move(error));
  return fail(Errc::unavailable, last_loss_ + "; nothing has changed on " + remote_.name());
}

void Follower::take(Event event, const nlohmann::json& raw) {
  last_seq_ = std::max(last_seq_, event.seq);
  auto* phase = std::get_if<PhaseEvent>(&event.body);
  if (phase != nullptr && left_ && left_->first == phase->phase) phase->deadline = left_->second;
  if (const auto* outcome = std::get_if<OutcomeEvent>(&event.body)) {
    const bool kept =
        outcome->outcome == Outcome::committed || outcome->outcome == Outcome::committed_unhealthy;
    if (kept) await_confirm_news();
    if (outcome->outcome == Outcome::planned && settings_.planned) settings_.planned(*outcome);
    end_ = *outcome;
  }
  display_.event(event, raw);
  if (phase != nullptr) react(*phase);
}

void Follower::react(const PhaseEvent& phase) {
  // Not while committing: the attempt that was heard is answered only when the commit is durable.
  if (phase.phase != Phase::awaiting_confirmation && phase.phase != Phase::committing) confirmer_.reset();
  if (phase.phase != Phase::awaiting_confirmation) checks_.reset();
  const bool testing = phase.phase == Phase::testing && what_.mode == Mode::test && what_.ours;
  if (testing && !cancel_sent_) {
    under_test_ = UnderTest{phase.deadline};
    begin_checks(what_.confirm_timeout);
  }
  if (phase.phase == Phase::awaiting_confirmation && !cancel_sent_) confirm(phase);
  if (phase.phase == Phase::awaiting_boot && what_.ours && !cancel_sent_ && !what_.reboot)
    end_ = ForNextBoot{phase.deadline};
  rebooting_ = phase.phase == Phase::awaiting_boot && what_.reboot;
}

void Follower::confirm(const PhaseEvent& phase) {
  const auto by_hand = command("confirm");
  if (!what_.ours) return display_.note("somebody is to confirm it; to do so from here:\n    " + by_hand);
  if (what_.confirm == ConfirmMode::manual) return display_.note("to keep it:\n    " + by_hand);
  if (confirmer_ || checks_ || what_.confirm != ConfirmMode::automatic) return;
  const auto window =
      phase.deadline ? milliseconds(std::llround(std::clamp(*phase.deadline, 0.0, kLongestWindow) * 1000))
                     : what_.confirm_timeout;
  confirm_by_ = Clock::now() + window;
  begin_checks(window - kForConfirm);
}

/// Without any: they have passed.
void Follower::begin_checks(milliseconds window) {
  if (what_.checks.empty()) return checks_passed();
  const std::map<std::string, std::string> environment{{"SWITCHBACK_HOST", settings_.host},
                                                       {"SWITCHBACK_NODE", remote_.name()},
                                                       {"SWITCHBACK_ACTIVATION", what_.id.text()}};
  checks_ =
      std::make_unique<PusherChecks>(what_.checks, environment, Clock::now() + window, interrupt_.waker());
}

void Follower::checks_passed() {
  checks_.reset();
  if (under_test_)
    end_ = *under_test_;
  else
    begin_confirming();
}

void Follower::begin_confirming() {
  display_.step({"confirm", StepState::begun, ""});
  if (settings_.may_prompt) display_.make_room();
  confirmer_ = std::make_unique<Confirmer>(remote_, what_.id, confirm_by_, interrupt_.waker());
}

void Follower::take_news() {
  show_check_news();
  show_confirm_news();
}

/// Told as the host tells of its own, without a place in its order.
void Follower::show_check_news() {
  if (!checks_) return;
  auto news = checks_->take_news();
  const auto show = [&](EventBody body) {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    const Event event{0, now, what_.id, std::move(body)};
    auto raw = to_json(event);
    raw.erase("seq");
    display_.event(event, raw);
  };
  for (auto& event : news.events) show(std::move(event));
  for (auto& doubt : news.doubts) show(WarningEvent{doubt + "; it is not required"});
  if (!news.failed.empty()) {
    failed_check_ = news.failed.front();
    cancel();
  } else if (news.ended) {
    checks_passed();
  }
}

void Follower::stop_asking() {
  checks_.reset();
  confirmer_.reset();
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
  const bool unwanted = interrupt_.count() > 0 || !failed_check_.empty();
  if (what_.ours && unwanted && !cancel_sent_) cancel();
  if (interrupt_.count() < (what_.ours ? 2 : 1)) return {};
  final_ = true;
  return fail(Errc::timeout, "left alone: activation " + what_.id.short_text() + " goes on without you");
}

void Follower::cancel() {
  cancel_sent_ = true;
  stop_asking();
  const bool interrupted = failed_check_.empty();
  display_.note((interrupted ? "interrupted: " : "not confirmed: ") + remote_.name() + " is told to revert" +
                (interrupted ? "; interrupt again not to wait for it" : ""));
  const CancelRequest request{what_.id, interrupted ? "interrupted by its pusher" : failed_check_};
  const auto reply = remote_.ask(
      // A second interrupt must not keep the first from being heard.
      Way::shared, {.method = std::string(kInterface) + ".Cancel", .parameters = to_json(request)},
      kCancelTimeout);
  interrupt_.waker().clear();
  if (!reply && interrupt_.count() < 2) display_.note("not cancelled: " + reply.error().message);
}

/// Waits a while and asks again over a new connection. Errors: only when it is time to give up.
Status Follower::regain(const Error& lost) {
  connection_.reset();
  const bool as_root = lost.code == Errc::not_permitted && remote_.become_root();
  if (!as_root && (!lost_at_ || (lost.message != last_loss_ && !rebooting_))) tell_of_loss(lost);
  if (!lost_at_) lost_at_ = Clock::now();
  last_loss_ = lost.message;
  const auto usual = settings_.patience.count() > 0 ? settings_.patience : what_.patience;
  const auto patience = rebooting_ ? settings_.reboot_timeout : usual;
  if (!as_root) {
    if (auto paused = pause_before(*lost_at_ + patience); !paused) return paused;
  }
  // That it was heard is not known.
  if (interrupt_.count() == 1 || !failed_check_.empty()) cancel_sent_ = false;
  // Where the shared login is gone this one logs in, and may have to ask.
  if (settings_.may_prompt) display_.make_room();
  auto connection = remote_.open(Way::shared);
  if (!connection) return tl::make_unexpected(connection.error());
  connection_ = std::move(*connection);
  return connection_->call(watch_call(what_.id, last_seq_));
}

/// Errors: it is time to give up.
Status Follower::pause_before(Clock::time_point give_up) {
  const auto until =
      std::min(give_up, Clock::now() + std::exchange(pause_, std::min(pause_ * 2, settings_.longest_retry)));
  const int interrupts = interrupt_.count();
  while (Clock::now() < until && interrupt_.count() == interrupts) {
    interrupt_.waker().sleep_until(std::min(until, Clock::now() + kTick));
    interrupt_.waker().clear();
    take_news();
    display_.tick();
  }
  if (Clock::now() < give_up) return {};
  final_ = true;
  return tl::make_unexpected(given_up());
}

void Follower::tell_of_loss(const Error& lost) {
  if (rebooting_) {
    return display_.note("it reboots, and is waited for, " + seconds_of(settings_.reboot_timeout) +
                         " at most");
  }
  display_.note("contact lost: " + lost.message + "; the host goes on by itself, asking it again");
}

Error Follower::given_up() const {
  if (!rebooting_) return {Errc::timeout, "contact lost and not regained: " + last_loss_};
  auto then = std::string("is kept if it is healthy then, and rebooted away from otherwise");
  if (what_.confirm != ConfirmMode::none) {
    then = "is observed for " + seconds_of(what_.gate_deadline) + " at most, may then be confirmed for " +
           seconds_of(what_.confirm_timeout) + ", and is rebooted away from without that";
  }
  return {Errc::timeout, "it has not come back from its reboot within " +
                             seconds_of(settings_.reboot_timeout) + ": " + last_loss_ +
                             "\nIf it still comes up with the new system, that " + then +
                             ". Each boot after that one is of the old system"};
}

std::string Follower::command(const char* verb) const {
  return std::string("switchback ") + verb + " " + settings_.where + " " + what_.id.text();
}

}  // namespace switchback
