// SPDX-License-Identifier: MIT
#include "cli/waiting.hpp"

#include "cli/followed.hpp"
#include "cli/text.hpp"
#include "cli/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace switchback {
namespace {

constexpr std::chrono::milliseconds kTick{250};
constexpr std::chrono::seconds kBetweenQuestions{1};
// The holder's trial may take the network or the whole host away for a while.
constexpr std::chrono::minutes kLostPatience{5};

std::string held(const ActivationStatus& holder) {
  std::string message = "activation " + holder.id.short_text();
  if (!holder.holder.empty()) message += " of " + printable(holder.holder);
  message += " is " + std::string(text(holder.phase));
  if (holder.seconds_left) {
    message +=
        ", for at most " + std::to_string(std::llround(std::clamp(*holder.seconds_left, 0.0, 1e9))) + " s";
  }
  return message;
}

class Wait {
 public:
  Wait(Remote& remote, Display& display, const Interrupt& interrupt, Clock::time_point deadline)
      : remote_(remote), display_(display), interrupt_(interrupt), deadline_(deadline) {}

  Result<HostStatus> run() {
    display_.step({"wait", StepState::begun, ""});
    for (;;) {
      auto status = ask();
      if (!status) return status;
      if (!status->running || status->running->outcome) {
        display_.step({"wait", StepState::done, ended_.empty() ? "the host is free" : ended_});
        return status;
      }
      if (Clock::now() >= deadline_) {
        return fail(Errc::busy, "busy: waited long enough; " + held(*status->running));
      }
      watch(*status->running);
      pause();
    }
  }

 private:
  /// The host as it is now. Errors: it is time to give up.
  Result<HostStatus> ask() {
    const auto lost_at = Clock::now();
    for (;;) {
      const auto reply = remote_.ask(Way::shared, {.method = std::string(kInterface) + ".Status"},
                                     kAnswerTimeout, &interrupt_.waker());
      if (interrupt_.count() > 0) {
        return fail(Errc::refused, "interrupted; nothing has changed on " + remote_.name());
      }
      auto status = reply ? parse_host_status(reply->parameters) : tl::make_unexpected(reply.error());
      if (status) return status;
      const bool lost = status.error().code == Errc::unavailable || status.error().code == Errc::timeout;
      if (!lost || Clock::now() >= std::min(deadline_, lost_at + kLostPatience)) {
        return status;
      }
      pause();
    }
  }

  /// Its events until its outcome; returns early whenever that may be otherwise found out.
  void watch(const ActivationStatus& holder) {
    if (!known_ || *known_ != holder.id) display_.note(held(holder) + "; waiting for it to end");
    known_ = holder.id;
    auto connection = remote_.open(Way::shared);
    if (!connection || !connection->call(watch_call(holder.id, 0))) return;
    Phase phase = holder.phase;
    while (Clock::now() < deadline_ && interrupt_.count() == 0) {
      const auto reply = connection->next(std::min(deadline_, Clock::now() + kTick), &interrupt_.waker());
      if (!reply || (*reply && (*reply)->error)) return;
      display_.tick();
      if (!*reply) continue;
      const auto event = parse_event((*reply)->parameters.value("event", nlohmann::json()));
      if (!event || !*event) continue;
      if (const auto* outcome = std::get_if<OutcomeEvent>(&(*event)->body)) {
        ended_ = "activation " + holder.id.short_text() + ": " + outcome_summary(*outcome);
        return;
      }
      // What is told of earlier phases is told once more, of before we came.
      const auto* next = std::get_if<PhaseEvent>(&(*event)->body);
      if (next == nullptr || next->phase <= phase) continue;
      phase = next->phase;
      display_.note(held({holder.id, phase, next->deadline, holder.holder, std::nullopt}));
    }
  }

  void pause() { interrupt_.waker().sleep_until(std::min(deadline_, Clock::now() + kBetweenQuestions)); }

  Remote& remote_;
  Display& display_;
  const Interrupt& interrupt_;
  Clock::time_point deadline_;
  std::optional<ActivationId> known_;
  std::string ended_;
};

}  // namespace

Error busy(const ActivationStatus& holder) { return {Errc::busy, "busy: " + held(holder)}; }

Result<HostStatus> await_free(Remote& remote, Display& display, const Interrupt& interrupt,
                              Clock::time_point deadline) {
  return Wait(remote, display, interrupt, deadline).run();
}

}  // namespace switchback
