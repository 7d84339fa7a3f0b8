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

Result<std::vector<LogLine>> read_tail(const std::string& unit, const std::string& invocation,
                                       std::size_t limit) {
  const auto until = std::chrono::steady_clock::now() + kReadWithin;
  auto journal = open_journal();
  if (!journal) return tl::make_unexpected(journal.error());
  const auto matched =
      invocation.empty() ? match_unit(**journal, unit) : match_invocation(**journal, invocation);
  if (!matched) return tl::make_unexpected(matched.error());
  if (sd_journal_seek_tail(journal->get()) < 0) return std::vector<LogLine>();
  std::vector<LogLine> newest_first;
  while (newest_first.size() < limit && std::chrono::steady_clock::now() < until &&
         sd_journal_previous(journal->get()) > 0) {
    auto lines = read_entry(**journal);
    std::move(lines.rbegin(), lines.rend(), std::back_inserter(newest_first));
  }
  newest_first.resize(std::min(newest_first.size(), limit));
  std::reverse(newest_first.begin(), newest_first.end());
  return newest_first;
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
