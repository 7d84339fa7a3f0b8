// SPDX-License-Identifier: MIT
// The last words of units, from the journal's files. Decides in which order and how long it is looked for;
// what belongs to a unit is journal_entries.hpp's affair.
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/journal_sync.hpp"
#include "activator/ports/host.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace switchback {

class JournalReader : public Journal {
 public:
  explicit JournalReader(EventLoop& loop) : loop_(loop) {}

  void tail(const UnitName& unit, const std::string& invocation, std::size_t limit,
            std::function<void(std::vector<LogLine>)> done) override;

 private:
  struct Question {
    std::string unit;
    std::string invocation;
    std::size_t limit = 0;
    std::function<void(std::vector<LogLine>)> done;
  };
  void synchronize();
  void answer_one();

  EventLoop& loop_;
  std::deque<Question> waiting_;  // for a synchronization that begins after they were asked
  std::deque<Question> synchronizing_;
  std::deque<Question> ready_;
  std::unique_ptr<JournalSync> sync_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace switchback
