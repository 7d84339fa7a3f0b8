// SPDX-License-Identifier: MIT
#include "activator/engine/evidence.hpp"

#include <utility>

namespace switchback {

void Evidence::clear() {
  alive_.renew();
  lines_.clear();
  outstanding_ = 0;
  done_ = nullptr;
  limit_.reset();
}

void Evidence::gather(const UnitName& unit, const std::string& invocation) {
  if (!lines_.try_emplace(unit.text()).second) return;
  ++outstanding_;
  journal_.tail(unit, invocation, kEvidenceLines, alive_.guard([this, unit](std::vector<LogLine> lines) {
    auto& kept = lines_[unit.text()];
    for (auto& line : lines) {
      tell_(LogEvent{unit.text(), line.priority, line.message});
      kept.push_back(std::move(line.message));
    }
    --outstanding_;
    arrived();
  }));
}

void Evidence::arrived() {
  if (outstanding_ != 0 || !done_) return;
  limit_.reset();
  std::exchange(done_, nullptr)();
}

void Evidence::await(std::function<void()> done) {
  done_ = std::move(done);
  const auto wait =
      outstanding_ == 0 ? std::chrono::milliseconds{0} : std::chrono::milliseconds{kEvidenceDeadline};
  limit_ = timers_.arm(wait, alive_.guard([this] {
    outstanding_ = 0;
    if (done_) std::exchange(done_, nullptr)();
  }));
}

void Evidence::attach(std::vector<Cause>& causes) const {
  for (auto& cause : causes) {
    const auto found = lines_.find(cause.unit);
    if (found != lines_.end() && cause.log.empty()) cause.log = found->second;
  }
}

}  // namespace switchback
