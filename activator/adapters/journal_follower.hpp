// SPDX-License-Identifier: MIT
// What one unit's processes say, line by line as journald writes it. Decides from which moment on; whose unit
// it is, and when it has said its last word, is decided elsewhere. Source: sd_journal_get_fd(3).
#pragma once

#include "activator/adapters/event_loop.hpp"
#include "activator/adapters/journal_entries.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace switchback {

class JournalFollower {
 public:
  using Line = std::function<void(const LogLine&)>;

  /// Tells what `unit` says from now on; `line` is called from the loop, and from drain(). It must not
  /// destroy this object. Errors: unavailable.
  [[nodiscard]] static Result<std::unique_ptr<JournalFollower>> open(EventLoop& loop, const std::string& unit,
                                                                     Line line);
  /// Tells what is in the journal by now, for a moment at most.
  void drain();

 private:
  JournalFollower(EventLoop& loop, JournalPtr journal, Line line);
  [[nodiscard]] Status begin();
  void ready();
  [[nodiscard]] bool read_some();
  [[nodiscard]] bool is_new() const;

  EventLoop& loop_;
  JournalPtr journal_;
  Line line_;
  std::uint64_t since_usec_;  // CLOCK_MONOTONIC: the wall clock may be set meanwhile
  sd_id128_t boot_{};
  LoopSource source_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace switchback
