// SPDX-License-Identifier: MIT
#include "tests/simulation/bus.hpp"

#include <algorithm>
#include <utility>

namespace switchback::simulation {
namespace {

using std::chrono::milliseconds;

// The adapter looks for jobs whose end nobody heard of this often.
constexpr std::uint64_t kJobLookMs = 5000;

}  // namespace

void ModelBus::lose(milliseconds duration) {
  back_ms_ = std::max(back_ms_, loop_.boottime_ms() + duration.count());
}

void ModelBus::return_within(milliseconds duration) {
  back_ms_ = std::min(back_ms_, loop_.boottime_ms() + duration.count());
}

void ModelBus::upset_signals(Fault how, milliseconds duration) {
  mood_ = how;
  mood_until_ms_ = loop_.boottime_ms() + duration.count();
}

milliseconds ModelBus::latency() { return milliseconds{random_.pick({0, 0, 1, 5, 40})}; }

void ModelBus::carry(milliseconds patience, std::function<void()> arrived, std::function<void()> lost) {
  attempt(std::make_shared<Call>(
      Call{caller_, loop_.boottime_ms() + patience.count(), std::move(arrived), std::move(lost)}));
}

void ModelBus::attempt(const std::shared_ptr<Call>& call) {
  if (call->caller != caller_) return;
  const auto now = loop_.boottime_ms();
  const auto later = [&](std::int64_t after, auto then) {
    loop_.put(milliseconds{std::max<std::int64_t>(after, 0)}, [this, call, then] {
      if (call->caller == caller_) then(call);
    });
  };
  if (now >= back_ms_) {
    later(latency().count(), [this](const auto& sent) { is_away() ? attempt(sent) : sent->arrived(); });
  } else if (back_ms_ >= call->give_up_ms) {
    later(call->give_up_ms - now, [](const auto& sent) { sent->lost(); });
  } else {
    later(back_ms_ - now, [this](const auto& sent) { attempt(sent); });
  }
}

void ModelBus::signal(const std::function<void()>& heard) {
  if (is_away()) return;
  const auto deliver = [&](milliseconds after) {
    loop_.put(after, [this, heard] {
      if (!is_away()) heard();
    });
  };
  if (!mood_ || loop_.boottime_ms() >= mood_until_ms_) {
    mood_.reset();
    return deliver(latency());
  }
  switch (*mood_) {
    case Fault::drop_signals:
      return;
    case Fault::duplicate_signals:
      deliver(latency());
      return deliver(latency() + milliseconds{random_.below(1000)});
    case Fault::delay_signals:
      return deliver(milliseconds{500 + random_.below(7500)});
    case Fault::reorder_signals: {
      if (!held_) {
        held_ = heard;
        return;
      }
      const auto first = std::exchange(held_, nullptr);
      deliver(milliseconds{0});
      loop_.put(milliseconds{1}, first);
      return;
    }
    default:
      return deliver(latency());
  }
}

milliseconds ModelBus::job_notice() {
  const bool unheard = mood_ && loop_.boottime_ms() < mood_until_ms_ &&
                       (*mood_ == Fault::drop_signals || *mood_ == Fault::delay_signals);
  return unheard ? milliseconds{random_.below(kJobLookMs)} : milliseconds{0};
}

}  // namespace switchback::simulation
