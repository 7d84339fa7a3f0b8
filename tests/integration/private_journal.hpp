// SPDX-License-Identifier: MIT
// systemd-journald, the real one, with /run of its own: nothing of the machine's journal is seen or touched.
// Who says something is told to it as PID 1 does for the services it starts. Needs root.
#pragma once

#include "tests/integration/private_mounts.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/testhost/process.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace switchback::test {

enum class Journald { reads, hangs };

class PrivateJournal {
 public:
  PrivateJournal();
  ~PrivateJournal();
  PrivateJournal(const PrivateJournal&) = delete;
  PrivateJournal& operator=(const PrivateJournal&) = delete;

  /// A process of `unit`, in its current invocation, says `text`; journald has written it on return.
  void say(const std::string& unit, const std::string& text) const;
  /// The same while journald is frozen.
  void say_unheard(const std::string& unit, const std::string& text) const;
  /// The same, by a process that is gone on return.
  static void say_and_exit(const std::string& unit, const std::string& text);
  /// PID 1 says `text` of `unit`.
  void say_as_manager(const std::string& unit, const std::string& invocation, const std::string& text) const;
  /// Anybody sends an entry with these fields, «NAME=value» each.
  void send(const std::vector<std::string>& fields, pid_t as = 0) const;
  /// From now on `unit` runs in `invocation`, 32 hexadecimal digits.
  void begin_invocation(const std::string& unit, const std::string& invocation) const;
  /// `unit` has ended: who asks now is told of no invocation.
  static void end_invocation(const std::string& unit);
  void freeze() const;
  void thaw() const;
  /// Returns once journald has dealt with all that was sent to it.
  static void synchronize();

 private:
  void speak(const std::string& unit, const std::string& text, Journald journald) const;

  PrivateMounts mounts_;
  TempDir directory_;
  mutable std::vector<pid_t> speakers_;
  std::unique_ptr<Process> daemon_;
};

/// For a child process alone: leaves its control group, which would name another unit, and joins its standard
/// output and error to the journal as those of `unit`.
void become_process_of(const std::string& unit, Journald journald);

}  // namespace switchback::test
