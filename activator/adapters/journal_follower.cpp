// SPDX-License-Identifier: MIT
#include "activator/adapters/journal_follower.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <ctime>
#include <utility>

namespace switchback {
namespace {

constexpr int kEntriesPerTurn = 128;  // then the other sources of the loop have their turn
constexpr std::chrono::milliseconds kDrainWithin{250};

std::uint64_t monotonic_usec() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

JournalFollower::JournalFollower(EventLoop& loop, JournalPtr journal, Line line)
    : loop_(loop), journal_(std::move(journal)), line_(std::move(line)), since_usec_(monotonic_usec()) {}

Result<std::unique_ptr<JournalFollower>> JournalFollower::open(EventLoop& loop, const std::string& unit,
                                                               Line line) {
  auto journal = open_journal();
  if (!journal) return tl::make_unexpected(journal.error());
  if (auto matched = match_processes(**journal, unit); !matched) return tl::make_unexpected(matched.error());
  std::unique_ptr<JournalFollower> follower(new JournalFollower(loop, std::move(*journal), std::move(line)));
  if (auto begun = follower->begin(); !begun) return tl::make_unexpected(begun.error());
  return follower;
}

Status JournalFollower::begin() {
  sd_id128_get_boot(&boot_);
  const int fd = sd_journal_get_fd(journal_.get());
  if (fd < 0) return fail(Errc::unavailable, "the journal cannot be followed: " + errno_text(-fd));
  // From its head, since a seek to the tail of a journal without any match stays there for ever; entries of
  // earlier units of this name are few, and left out.
  sd_journal_seek_head(journal_.get());
  const int events = sd_journal_get_events(journal_.get());
  source_ = loop_.add_io(fd, static_cast<std::uint32_t>(events), [this](std::uint32_t) { ready(); });
  return {};
}

void JournalFollower::ready() {
  if (const int result = sd_journal_process(journal_.get()); result < 0) {
    spdlog::warn("the journal is not followed any more: {}", errno_text(-result));
    return source_.reset();
  }
  if (!read_some()) return;
  loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) ready();
  });
}

// Whether there may be more.
bool JournalFollower::read_some() {
  for (int count = 0; count < kEntriesPerTurn; ++count) {
    if (sd_journal_next(journal_.get()) <= 0) return false;
    if (!is_new()) continue;
    for (const auto& line : read_entry(*journal_)) line_(line);
  }
  return true;
}

bool JournalFollower::is_new() const {
  std::uint64_t usec = 0;
  sd_id128_t boot{};
  if (sd_journal_get_monotonic_usec(journal_.get(), &usec, &boot) < 0) return false;
  return sd_id128_equal(boot, boot_) != 0 && usec >= since_usec_;
}

void JournalFollower::drain() {
  const auto until = std::chrono::steady_clock::now() + kDrainWithin;
  sd_journal_process(journal_.get());
  while (read_some() && std::chrono::steady_clock::now() < until) {
  }
}

}  // namespace switchback
