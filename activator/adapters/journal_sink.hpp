// SPDX-License-Identifier: MIT
// Log lines as entries of the journal, with the activation that they belong to. Decides what an entry
// carries, and that a journald that hangs must not hang us. Source: systemd.journal-fields(7), «Native
// Journal Protocol».
#pragma once

#include "activator/adapters/unique_fd.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <string>

namespace switchback {

inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// Whether what we write to standard error ends up in the journal. Source: systemd.exec(5), $JOURNAL_STREAM.
[[nodiscard]] bool stderr_is_journal();

class JournalSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit JournalSink(std::string socket_path = kJournalSocket) : path_(std::move(socket_path)) {}

  /// What is logged from now on belongs to activation `id`; to none when it is empty.
  void set_activation(std::string id) { activation_ = std::move(id); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  /// 0, or the error's number.
  [[nodiscard]] int send(int priority, const std::string& text);

  std::string path_;
  std::string activation_;
  UniqueFd socket_;
  std::uint64_t lost_ = 0;  // lines that journald did not take in time
};

}  // namespace switchback
