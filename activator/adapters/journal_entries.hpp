// SPDX-License-Identifier: MIT
// Entries of the system journal as libsystemd reads them. Decides which entries are said to be a unit's, how
// much of a message is kept and how bytes become text; who asks, and when, is decided elsewhere. These calls
// block on the journal's files alone. Source: sd-journal(3), systemd.journal-fields(7), systemd 252.
#pragma once

#include "activator/ports/host.hpp"

#include <systemd/sd-journal.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace switchback {

inline constexpr std::size_t kMaxLogMessageBytes = 2048;

struct JournalCloser {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using JournalPtr = std::unique_ptr<sd_journal, JournalCloser>;

/// This machine's journal. Errors: unavailable.
[[nodiscard]] Result<JournalPtr> open_journal();

/// What the processes of `invocation` said and what PID 1 said of it. Errors: unavailable.
[[nodiscard]] Status match_invocation(sd_journal& journal, const std::string& invocation);
/// What `unit`'s processes said and what PID 1 said of it, in any invocation. Errors: unavailable.
[[nodiscard]] Status match_unit(sd_journal& journal, const std::string& unit);
/// What `unit`'s processes said, in any invocation. Errors: unavailable.
[[nodiscard]] Status match_processes(sd_journal& journal, const std::string& unit);

/// Which invocation the current entry belongs to; empty when journald did not know.
[[nodiscard]] std::string invocation_of_entry(sd_journal& journal);

/// The current entry, one LogLine for each line of its message; empty when it has none or cannot be read.
[[nodiscard]] std::vector<LogLine> read_entry(sd_journal& journal);

/// `bytes` as UTF-8 of at most `max_bytes`, cut between characters with «…»; what is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::string readable(std::string_view bytes, std::size_t max_bytes);

}  // namespace switchback
