// SPDX-License-Identifier: MIT
#include "activator/adapters/journal_reader.hpp"

#include "activator/adapters/journal_entries.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace switchback {
namespace {

constexpr std::size_t kMaxQuestions = 256;
constexpr std::chrono::milliseconds kReadWithin{250};  // a cold disk must not hold up the loop

using Moment = std::chrono::steady_clock::time_point;
using Match = Status (*)(sd_journal&, const std::string&);

void append(std::vector<LogLine>& newest_first, std::vector<LogLine> lines) {
  std::move(lines.rbegin(), lines.rend(), std::back_inserter(newest_first));
}

// From the newest entry backwards; an empty `invocation` takes all. What a service says last before it fails
// often bears no invocation: journald looks that up, and systemd has dropped it by then (seen with one of
// five that exit at once). Such a line belongs to the invocation of the line before it.
std::vector<LogLine> collect(sd_journal& journal, const std::string& invocation, std::size_t limit,
                             Moment until) {
  std::vector<LogLine> found;
  std::vector<LogLine> undecided;
  while (found.size() + undecided.size() < limit && std::chrono::steady_clock::now() < until &&
         sd_journal_previous(&journal) > 0) {
    const auto of = invocation.empty() ? "" : invocation_of_entry(journal);
    if (of == invocation) {
      append(found, {undecided.rbegin(), undecided.rend()});
      append(found, read_entry(journal));
      undecided.clear();
    } else if (of.empty()) {
      append(undecided, read_entry(journal));
    } else {
      undecided.clear();
      if (!found.empty()) break;
    }
  }
  found.resize(std::min(found.size(), limit));
  return found;
}

Result<std::vector<LogLine>> read_backwards(Match match, const std::string& matched,
                                            const std::string& invocation, std::size_t limit) {
  const auto until = std::chrono::steady_clock::now() + kReadWithin;
  auto journal = open_journal();
  if (!journal) return tl::make_unexpected(journal.error());
  if (auto set = match(**journal, matched); !set) return tl::make_unexpected(set.error());
  if (sd_journal_seek_tail(journal->get()) < 0) return std::vector<LogLine>();
  auto lines = collect(**journal, invocation, limit, until);
  std::reverse(lines.begin(), lines.end());
  return lines;
}

Result<std::vector<LogLine>> read_tail(const std::string& unit, const std::string& invocation,
                                       std::size_t limit) {
  auto lines = read_backwards(match_unit, unit, invocation, limit);
  if (!lines || !lines->empty() || invocation.empty()) return lines;
  // Too much was said since: the index leads to what bears the invocation, however far back.
  return read_backwards(match_invocation, invocation, "", limit);
}

}  // namespace

void JournalReader::tail(const UnitName& unit, const std::string& invocation, std::size_t limit,
                         std::function<void(std::vector<LogLine>)> done) {
  if (waiting_.size() + synchronizing_.size() + ready_.size() >= kMaxQuestions) {
    spdlog::warn("{} questions to the journal at once: {} is not asked about", kMaxQuestions, unit.text());
    return loop_.post([alive = std::weak_ptr<int>(alive_), done = std::move(done)] {
      if (!alive.expired()) done({});
    });
  }
  waiting_.push_back({unit.text(), invocation, limit, std::move(done)});
  synchronize();
}

void JournalReader::synchronize() {
  if (sync_ || waiting_.empty()) return;
  synchronizing_ = std::exchange(waiting_, {});
  sync_ = std::make_unique<JournalSync>(loop_, [this] {
    const auto sync = std::move(sync_);
    for (auto& question : synchronizing_) {
      ready_.push_back(std::move(question));
      loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired()) answer_one();
      });
    }
    synchronizing_.clear();
    synchronize();
  });
}

// One a turn of the loop, so that other things have their turn between any two.
void JournalReader::answer_one() {
  if (ready_.empty()) return;
  const auto question = std::move(ready_.front());
  ready_.pop_front();
  auto lines = read_tail(question.unit, question.invocation, question.limit);
  if (!lines) spdlog::warn("what {} said is not known: {}", question.unit, lines.error().message);
  question.done(lines ? std::move(*lines) : std::vector<LogLine>());
}

}  // namespace switchback
