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

void Evidence::gather(const std::vector<Cause>& causes) {
  for (const auto& cause : causes) {
    if (lines_.size() >= kEvidenceUnits) return;
    if (const auto unit = UnitName::parse_any(cause.unit)) ask(*unit, cause.invocation, lines_.empty());
  }
}

void Evidence::ask(const UnitName& unit, const std::string& invocation, bool tell) {
  if (!lines_.try_emplace(unit.text()).second) return;
  ++outstanding_;
  journal_.tail(unit, invocation, kEvidenceLines,
                alive_.guard([this, unit, tell](std::vector<LogLine> lines) {
                  for (const auto& line : lines) {
                    if (tell) tell_(LogEvent{unit.text(), line.priority, line.message});
                  }
                  lines_[unit.text()] = std::move(lines);
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
    if (found == lines_.end() || !cause.log.empty()) continue;
    for (const auto& line : found->second) {
      cause.log.push_back(line.message);
      cause.priorities.push_back(line.priority);
    }
  }
}

}  // namespace switchback
