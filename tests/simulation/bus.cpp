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

void ModelBus::upset_signals(Fault how, milliseconds duration) {
  mood_ = how;
  mood_until_ms_ = loop_.boottime_ms() + duration.count();
}

milliseconds ModelBus::latency() { return milliseconds{random_.pick({0, 0, 1, 5, 40})}; }

void ModelBus::carry(milliseconds patience, std::function<void()> arrived, std::function<void()> lost) {
  attempt(loop_.boottime_ms() + patience.count(), std::move(arrived), std::move(lost));
}

void ModelBus::attempt(std::int64_t give_up_ms, std::function<void()> arrived, std::function<void()> lost) {
  const auto now = loop_.boottime_ms();
  if (now < back_ms_ && back_ms_ >= give_up_ms) {
    loop_.put(milliseconds{std::max<std::int64_t>(give_up_ms - now, 0)}, std::move(lost));
    return;
  }
  if (now < back_ms_) {
    loop_.put(milliseconds{back_ms_ - now},
              [this, give_up_ms, arrived = std::move(arrived), lost = std::move(lost)]() mutable {
                attempt(give_up_ms, std::move(arrived), std::move(lost));
              });
    return;
  }
  loop_.put(latency(), [this, give_up_ms, arrived = std::move(arrived), lost = std::move(lost)]() mutable {
    if (!is_away()) return arrived();
    attempt(give_up_ms, std::move(arrived), std::move(lost));
  });
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
